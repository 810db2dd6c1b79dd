with versions as (
    select
        *,
        {{ vendor_rank('vendor') }} as vendor_rank
    from {{ ref('int_corporate_actions__versions') }}
),

epochs as (
    select * from {{ ref('int_knowledge_epochs') }}
),

-- each vendor's newest word known in the epoch
known as (
    select
        versions.*,
        epochs.epoch,
        epochs.is_current
    from versions
    inner join epochs
        on
            versions.symbol = epochs.symbol
            and versions.known_at <= greatest(versions.decision_at, epochs.first_decision_at)
            and versions.session_number
            < coalesce(epochs.next_first_session_number, versions.session_number + 1)
    qualify
        row_number() over (
            partition by
                versions.symbol, epochs.epoch, versions.vendor, versions.kind, versions.ex_date
            order by versions.version_no desc
        ) = 1
),

-- the same event as told by a vendor that comes first: same ex-date, or a few days beside it
-- (splits: any ratio; dividends: the same amount within 1 %)
retold as (
    select distinct
        known.symbol,
        known.epoch,
        known.vendor,
        known.kind,
        known.ex_date
    from known
    inner join known as better
        on
            known.symbol = better.symbol
            and known.epoch = better.epoch
            and known.kind = better.kind
            and (
                known.vendor_rank > better.vendor_rank
                or (known.vendor_rank = better.vendor_rank and known.vendor > better.vendor)
            )
    where
        known.ex_date = better.ex_date
        or (
            abs({{ days_between('better.ex_date', 'known.ex_date') }})
            <= {{ var('same_action_days') }}
            and (
                known.kind = 'split'
                or abs(known.dividend_usd - better.dividend_usd) <= 0.01 * better.dividend_usd
            )
        )
),

reconciled as (
    select
        -- key
        known.symbol,
        known.epoch,
        known.kind,
        known.ex_date,
        -- place in time
        known.session_number,
        known.is_current,
        -- measures
        known.split_ratio,
        known.dividend_usd,
        -- provenance
        known.vendor,
        known.known_at,
        known.load_id
    from known
    left join retold
        on
            known.symbol = retold.symbol
            and known.epoch = retold.epoch
            and known.vendor = retold.vendor
            and known.kind = retold.kind
            and known.ex_date = retold.ex_date
    where retold.symbol is null
)

select * from reconciled
