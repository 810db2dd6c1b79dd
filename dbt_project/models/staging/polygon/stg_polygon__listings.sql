with listings as (
    select * from {{ source('polygon', 'listings') }}
    where vendor = 'polygon'
),

newest as (
    select
        -- key
        symbol,
        -- attributes
        name,
        exchange,
        kind,
        is_active,
        figi,
        listed_on,
        delisted_on,
        formerly,
        renamed_on,
        -- knowledge
        known_at
    from listings
    qualify
        row_number() over (
            partition by symbol
            order by ingested_at desc, load_id desc
        ) = 1
)

select * from newest
