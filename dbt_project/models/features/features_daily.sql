{{ config(
    unique_key=['symbol', 'session'],
    incremental_strategy='merge' if target.type == 'bigquery' else 'delete+insert',
    post_hook="{{ delete_rows_without_inputs(this, ref('int_prices__adjusted')) }}",
) }}

with adjusted as (
    select * from {{ ref('int_prices__adjusted') }}
),

{% if is_continued() %}
decided as (
    select * from adjusted
    where is_decided_in_epoch
),

-- where what is built and what the inputs say part ways, symbol by symbol
first_changes as (
    select
        coalesce(inputs.symbol, built.symbol) as symbol,
        min(coalesce(inputs.session_number, built.session_number)) as session_number
    from decided as inputs
    full outer join {{ this }} as built
        on
            inputs.symbol = built.symbol
            and inputs.session = built.session
    where
        inputs.symbol is null
        or built.symbol is null
        or inputs.input_fingerprint <> built.input_fingerprint
    group by coalesce(inputs.symbol, built.symbol)
),

bars as (
    select
        adjusted.*,
        adjusted.is_decided_in_epoch
        and adjusted.session_number >= first_changes.session_number as is_wanted
    from adjusted
    inner join first_changes on adjusted.symbol = first_changes.symbol
    where
        adjusted.session_number
        >= first_changes.session_number - {{ var('feature_lookback_sessions') }}
),
{% else %}
bars as (
    select
        *,
        is_decided_in_epoch as is_wanted
    from adjusted
),
{% endif %}

-- whatever is summed below is a whole number first: sums are exact in any order
fixed as (
    select
        *,
        close_usd * split_factor as close_of_holding,
        case
            when abs(total_return) < 1000 then {{ to_fixed('total_return', 12) }}
        end as return_e12,
        {{ to_fixed('close_usd * split_factor', 18) }} as close_e18,
        {{ to_fixed('volume_shares / split_factor', 15) }} as volume_e15
    from bars
),

windowed as (
    select
        *,
        lag(session_number, 1) over bars_in_order = session_number - 1 as has_2_bars,
        lag(session_number, 5) over bars_in_order = session_number - 5 as has_6_bars,
        lag(session_number, 19) over bars_in_order = session_number - 19 as has_20_bars,
        lag(volume_shares) over bars_in_order as previous_volume_shares,
        lag(close_of_holding, 5) over bars_in_order as close_of_holding_5_ago,
        count(return_e12) over last_5 as returns_5,
        sum(return_e12) over last_5 as sum_return_5,
        sum(return_e12 * return_e12) over last_5 as sum_square_5,
        count(return_e12) over last_20 as returns_20,
        sum(return_e12) over last_20 as sum_return_20,
        sum(return_e12 * return_e12) over last_20 as sum_square_20,
        sum(close_e18) over last_5 as sum_close_5,
        sum(close_e18) over last_20 as sum_close_20,
        count(close_e18) over last_20 as closes_20,
        sum(volume_e15) over last_20 as sum_volume_20,
        count(volume_e15) over last_20 as volumes_20
    from fixed
    window
        bars_in_order as (partition by symbol, epoch order by session_number),
        last_5 as (
            partition by symbol, epoch order by session_number
            rows between 4 preceding and current row
        ),
        last_20 as (
            partition by symbol, epoch order by session_number
            rows between 19 preceding and current row
        )
),

features as (
    select
        -- key
        symbol,
        session,
        session_number,
        decision_at as decided_at,
        -- features
        {{ weekday_from_monday('session') }} as weekday,
        cast(extract(day from session) as {{ whole_type() }}) as day_of_month,
        total_return as return_lag1,
        case
            when returns_5 = 5
                then
                    sqrt({{ from_whole('5 * sum_square_5 - sum_return_5 * sum_return_5') }} / 20)
                    / 1e12
        end as volatility_5d,
        case
            when returns_20 = 20
                then
                    sqrt(
                        {{ from_whole('20 * sum_square_20 - sum_return_20 * sum_return_20') }}
                        / 380
                    )
                    / 1e12
        end as volatility_20d,
        case
            when has_6_bars then close_of_holding / close_of_holding_5_ago - 1
        end as momentum_5d,
        case
            when has_20_bars and closes_20 = 20
                then
                    cast(
                        case when 20 * close_e18 > sum_close_20 then 1 else 0 end
                        as {{ whole_type() }}
                    )
        end as price_above_ma20,
        case
            when has_20_bars and closes_20 = 20
                then
                    {{ from_whole('4 * sum_close_5 - sum_close_20') }} / 20 / 1e18 / split_factor
        end as ma5_ma20_diff,
        case
            when has_20_bars and volumes_20 = 20 and sum_volume_20 > 0
                then {{ from_whole('20 * volume_e15') }} / {{ from_whole('sum_volume_20') }}
        end as volume_ratio_20,
        case
            when has_2_bars and previous_volume_shares > 0
                then volume_shares / (previous_volume_shares * split_ratio) - 1
        end as volume_change_1d,
        -- provenance
        input_fingerprint
    from windowed
    where is_wanted
)

select * from features
