with told as (
    select
        *,
        {{ vendor_rank('vendor') }} as vendor_rank
    from {{ ref('int_corporate_actions__known') }}
),

contradicted as (
    select * from {{ ref('int_splits__contradicted') }}
),

-- a split that the closes deny does not count, whoever tells of it
known as (
    select told.*
    from told
    left join contradicted
        on
            told.kind = 'split'
            and told.symbol = contradicted.symbol
            and told.epoch = contradicted.epoch
            and told.vendor = contradicted.vendor
            and told.ex_date = contradicted.ex_date
    where contradicted.symbol is null
),

-- the same event as told by a vendor that comes first: same ex-date, or a few days beside it
-- (splits: any ratio; dividends: the same amount within 1 %); or as the same vendor told it again
-- later: the same amount, a few days beside it
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
    where {{ is_overruled('known', 'better') }}
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
