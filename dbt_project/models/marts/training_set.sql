with features as (
    select * from {{ ref('features_daily') }}
),

labels as (
    select * from {{ ref('labels_next_session') }}
),

complete as (
    select
        -- key
        features.symbol,
        features.session,
        labels.target_session,
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
        -- label
        labels.is_up,
        labels.actual_return,
        labels.label_known_at
    from features
    inner join labels
        on
            features.symbol = labels.symbol
            and features.session = labels.session
    where
        labels.is_up is not null
        and features.return_lag1 is not null
        and features.volatility_5d is not null
        and features.volatility_20d is not null
        and features.momentum_5d is not null
        and features.price_above_ma20 is not null
        and features.ma5_ma20_diff is not null
        and features.volume_ratio_20 is not null
        and features.volume_change_1d is not null
)

select * from complete
