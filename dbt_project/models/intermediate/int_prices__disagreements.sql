{{ config(materialized='view') }}

with counted as (
    select * from {{ ref('int_prices__reconciled') }}
    where is_current
),

newest as (
    select * from {{ ref('int_prices__versions') }}
    qualify
        row_number() over (
            partition by vendor, symbol, session
            order by version_no desc
        ) = 1
),

pairs as (
    select
        -- key
        counted.symbol,
        counted.session,
        newest.vendor as other_vendor,
        -- the two tellings
        counted.vendor,
        counted.close_usd,
        newest.close_usd as other_close_usd,
        newest.close_usd / counted.close_usd - 1 as difference
    from counted
    inner join newest
        on
            counted.symbol = newest.symbol
            and counted.session = newest.session
            and counted.vendor <> newest.vendor
)

select * from pairs
where abs(difference) > {{ var('close_tolerance') }}
