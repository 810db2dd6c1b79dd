with bars as (
    select * from {{ ref('int_prices__adjusted') }}
    where is_current
),

-- what later dividends took out of the price, as an exact sum of logarithms
fixed as (
    select
        *,
        {{ to_fixed('ln(close_usd / (close_usd + dividend_usd))', 15) }} as dividend_log_e15
    from bars
),

looking_back as (
    select
        *,
        max(session_number) over (partition by symbol) as newest_session_number,
        coalesce(
            sum(dividend_log_e15) over (
                partition by symbol order by session_number
                rows between 1 following and unbounded following
            ),
            0
        ) as later_dividend_log_e15
    from fixed
),

newest as (
    select
        symbol,
        split_factor
    from looking_back
    where session_number = newest_session_number
),

factored as (
    select
        looking_back.*,
        looking_back.split_factor / newest.split_factor as split_adjustment,
        exp({{ from_whole('looking_back.later_dividend_log_e15') }} / 1e15) as dividend_adjustment
    from looking_back
    inner join newest on looking_back.symbol = newest.symbol
),

prices as (
    select
        -- key
        symbol,
        session,
        -- as traded
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        -- adjusted to the newest session
        open_usd * split_adjustment * dividend_adjustment as adj_open_usd,
        high_usd * split_adjustment * dividend_adjustment as adj_high_usd,
        low_usd * split_adjustment * dividend_adjustment as adj_low_usd,
        close_usd * split_adjustment * dividend_adjustment as adj_close_usd,
        volume_shares / split_adjustment as adj_volume_shares,
        -- provenance
        vendor,
        {{ preferred_vendor() }} as preferred_vendor,
        fallback_reason
    from factored
)

select * from prices
