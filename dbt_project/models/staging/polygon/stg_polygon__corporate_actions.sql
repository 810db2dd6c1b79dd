with actions as (
    select * from {{ source('polygon', 'corporate_actions') }}
    where vendor = 'polygon'
),

versioned as (
    select
        -- key
        vendor,
        symbol,
        kind,
        ex_date,
        row_number() over (
            partition by symbol, kind, ex_date
            order by ingested_at, load_id
        ) as version_no,
        -- measures
        split_ratio,
        dividend_usd,
        -- knowledge
        known_at,
        ingested_at,
        load_id
    from actions
)

select * from versioned
