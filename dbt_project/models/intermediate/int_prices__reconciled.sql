with versions as (
    select * from {{ ref('int_prices__versions') }}
),

epochs as (
    select
        *,
        lead(first_decision_at) over (
            partition by symbol order by epoch
        ) as next_first_decision_at
    from {{ ref('int_knowledge_epochs') }}
),

gaps as (
    select * from {{ ref('int_prices__gaps') }}
    where vendor = {{ preferred_vendor() }}
),

known as (
    select
        versions.*,
        epochs.epoch,
        epochs.is_current,
        epochs.knowledge_fingerprint,
        epochs.next_first_decision_at,
        versions.session_number >= epochs.first_session_number as is_decided_in_epoch
    from versions
    inner join epochs
        on
            versions.symbol = epochs.symbol
            and versions.session_number >= epochs.bars_from_session_number
            and versions.session_number
            < coalesce(epochs.next_first_session_number, versions.session_number + 1)
            and versions.known_at <= greatest(versions.decision_at, epochs.first_decision_at)
),

counted as (
    select
        *,
        {{ preferred_vendor() }} as preferred_vendor
    from known
    qualify
        row_number() over (
            partition by symbol, epoch, session_number
            order by {{ vendor_rank('vendor') }}, vendor, version_no desc
        ) = 1
),

-- bars of the preferred vendor that decisions could not use yet
late as (
    select distinct
        symbol,
        session_number
    from versions
    where is_late and vendor = {{ preferred_vendor() }}
),

reconciled as (
    select
        -- key
        counted.symbol,
        counted.epoch,
        counted.session,
        -- place in time
        counted.session_number,
        counted.decision_at,
        counted.is_current,
        counted.is_decided_in_epoch,
        -- measures, as traded
        counted.open_usd,
        counted.high_usd,
        counted.low_usd,
        counted.close_usd,
        counted.volume_shares,
        -- provenance
        counted.vendor,
        counted.preferred_vendor,
        case
            when counted.vendor <> counted.preferred_vendor
                then
                    coalesce(
                        nullif(gaps.cause, 'filled'),
                        case when late.symbol is not null then 'late' else 'no_row' end
                    )
        end as fallback_reason,
        case when gaps.cause <> 'filled' then gaps.detail end as fallback_detail,
        counted.known_at,
        counted.load_id,
        counted.knowledge_fingerprint
    from counted
    -- the newest word before another epoch began: at most one row
    left join gaps
        on
            counted.vendor <> counted.preferred_vendor
            and counted.symbol = gaps.symbol
            and counted.session = gaps.session
            and (
                counted.next_first_decision_at is null
                or counted.next_first_decision_at > gaps.known_at
            )
            and (
                gaps.superseded_at is null
                or counted.next_first_decision_at <= gaps.superseded_at
            )
    left join late
        on
            counted.vendor <> counted.preferred_vendor
            and counted.symbol = late.symbol
            and counted.session_number = late.session_number
)

select * from reconciled
