{{ config(materialized='view') }}

with versions as (
    select * from {{ ref('int_corporate_actions__versions') }}
),

newest as (
    select
        *,
        coalesce(split_ratio, dividend_usd) as amount
    from versions
    qualify
        row_number() over (
            partition by vendor, symbol, kind, ex_date
            order by version_no desc
        ) = 1
),

counted as (
    select * from {{ ref('int_corporate_actions__reconciled') }}
    where is_current
),

pairs as (
    select
        -- key
        counted.symbol,
        counted.kind,
        counted.ex_date,
        newest.vendor as other_vendor,
        newest.ex_date as other_ex_date,
        -- the two tellings
        counted.vendor,
        coalesce(counted.split_ratio, counted.dividend_usd) as amount,
        newest.amount as other_amount
    from counted
    inner join newest
        on
            counted.symbol = newest.symbol
            and counted.kind = newest.kind
            and counted.vendor <> newest.vendor
    where
        abs({{ days_between('counted.ex_date', 'newest.ex_date') }})
        <= {{ var('same_action_days') }}
),

conflicts as (
    select * from pairs
    where
        ex_date <> other_ex_date
        or abs(amount - other_amount) > 0.0001 * greatest(abs(amount), abs(other_amount))
)

select * from conflicts
