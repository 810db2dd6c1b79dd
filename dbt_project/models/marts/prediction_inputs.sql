{{ config(materialized='view') }}

with features as (
    select * from {{ ref('features_daily') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

inputs as (
    select
        -- key
        features.symbol,
        features.session,
        sessions.next_session as target_session,
        features.decided_at,
        -- features
        features.weekday,
        features.day_of_month,
        features.return_lag1,
        features.volatility_5d,
        features.volatility_20d,
        features.momentum_5d,
        features.price_above_ma20,
        features.ma5_ma20_diff,
        features.volume_ratio_20,
        features.volume_change_1d,
        -- what is missing, in words
        concat(
            case when features.return_lag1 is null then 'return_lag1 ' else '' end,
            case when features.volatility_5d is null then 'volatility_5d ' else '' end,
            case when features.volatility_20d is null then 'volatility_20d ' else '' end,
            case when features.momentum_5d is null then 'momentum_5d ' else '' end,
            case when features.price_above_ma20 is null then 'price_above_ma20 ' else '' end,
            case when features.ma5_ma20_diff is null then 'ma5_ma20_diff ' else '' end,
            case when features.volume_ratio_20 is null then 'volume_ratio_20 ' else '' end,
            case when features.volume_change_1d is null then 'volume_change_1d ' else '' end
        ) as missing
    from features
    inner join sessions on features.session = sessions.session
),

complete as (
    select
        symbol,
        session,
        target_session,
        decided_at,
        weekday,
        day_of_month,
        return_lag1,
        volatility_5d,
        volatility_20d,
        momentum_5d,
        price_above_ma20,
        ma5_ma20_diff,
        volume_ratio_20,
        volume_change_1d,
        trim(missing) as missing_features,
        missing = '' as is_complete
    from inputs
)

select * from complete
