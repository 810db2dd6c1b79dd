with gaps as (
    select * from {{ source('polygon', 'gaps') }}
    where feed = 'raw/polygon_prices'
),

spanned as (
    select
        -- key
        vendor,
        symbol,
        session,
        known_at,
        -- until when this was the newest word
        lead(known_at) over (
            partition by symbol, session
            order by known_at, ingested_at, load_id
        ) as superseded_at,
        -- what was said
        cause,
        detail,
        -- knowledge
        ingested_at,
        load_id
    from gaps
)

select * from spanned
