{{ config(materialized='view') }}

with versions as (
    select * from {{ ref('int_prices__versions') }}
),

compared as (
    select
        -- key
        vendor,
        symbol,
        session,
        version_no,
        -- the former word
        lag(open_usd) over words as former_open_usd,
        lag(high_usd) over words as former_high_usd,
        lag(low_usd) over words as former_low_usd,
        lag(close_usd) over words as former_close_usd,
        lag(volume_shares) over words as former_volume_shares,
        -- the word in its place
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        -- knowledge
        known_at,
        load_id
    from versions
    window words as (partition by vendor, symbol, session order by version_no)
)

select * from compared
where version_no > 1
