with bars as (
    select * from {{ source('alpha_vantage', 'prices') }}
    where vendor = 'alpha_vantage'
),

versioned as (
    select
        -- key
        vendor,
        symbol,
        session,
        row_number() over (
            partition by symbol, session
            order by ingested_at, load_id
        ) as version_no,
        -- measures, as traded
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        -- knowledge
        known_at,
        ingested_at,
        load_id
    from bars
)

select * from versioned
