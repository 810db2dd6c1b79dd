with predictions as (
    select * from {{ ref('predictions') }}
),

labels as (
    select * from {{ ref('labels_next_session') }}
),

outcomes as (
    select
        -- key
        predictions.symbol,
        predictions.session,
        predictions.target_session,
        predictions.model_name,
        predictions.model_version,
        -- what happened
        labels.actual_return,
        (predictions.direction = 'up') = labels.is_up as correct,
        labels.label_known_at as outcome_known_at
    from predictions
    inner join labels
        on
            predictions.symbol = labels.symbol
            and predictions.session = labels.session
            and predictions.target_session = labels.target_session
    where labels.is_up is not null
)

select * from outcomes
