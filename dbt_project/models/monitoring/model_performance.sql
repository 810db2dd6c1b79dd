{%- set metrics = ['accuracy', 'brier', 'log_loss'] %}

with evaluations as (
    select * from {{ ref('stg_ledger__evaluations') }}
),

predictions as (
    select * from {{ ref('predictions') }}
),

outcomes as (
    select * from {{ ref('prediction_outcomes') }}
),

judged as (
    select
        predictions.model_name,
        predictions.model_version,
        predictions.session,
        case when outcomes.correct then 1.0 else 0.0 end as accuracy,
        case
            when outcomes.actual_return > 0
                then (1 - predictions.probability_up) * (1 - predictions.probability_up)
            else predictions.probability_up * predictions.probability_up
        end as brier,
        -ln(
            greatest(
                case
                    when outcomes.actual_return > 0 then predictions.probability_up
                    else 1 - predictions.probability_up
                end,
                1e-15
            )
        ) as log_loss
    from predictions
    inner join outcomes
        on
            predictions.symbol = outcomes.symbol
            and predictions.session = outcomes.session
            and predictions.model_name = outcomes.model_name
            and predictions.model_version = outcomes.model_version
),

scores as (
    {%- for metric in metrics %}
    select
        model_name,
        model_version,
        session,
        '{{ metric }}' as metric,
        {{ to_fixed(metric, 12) }} as score_e12
    from judged
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- rows of one session move together, so the session is the unit of chance
by_session as (
    select
        model_name,
        model_version,
        metric,
        session,
        count(*) as rows_judged,
        {{ from_whole('sum(score_e12)') }} / 1e12 as score_sum
    from scores
    group by model_name, model_version, metric, session
),

overall as (
    select
        model_name,
        model_version,
        metric,
        {{ from_whole('sum(score_e12)') }} / count(*) / 1e12 as estimate,
        count(*) as rows_judged,
        count(distinct session) as sessions_judged,
        min(session) as first_session,
        max(session) as last_session
    from scores
    group by model_name, model_version, metric
),

squares as (
    select
        by_session.model_name,
        by_session.model_version,
        by_session.metric,
        {{ to_fixed(
            'power(by_session.score_sum - by_session.rows_judged * overall.estimate, 2)', 12
        ) }} as square_e12
    from by_session
    inner join overall
        on
            by_session.model_name = overall.model_name
            and by_session.model_version = overall.model_version
            and by_session.metric = overall.metric
),

deviations as (
    select
        model_name,
        model_version,
        metric,
        {{ from_whole('sum(square_e12)') }} / 1e12 as square_sum
    from squares
    group by model_name, model_version, metric
),

live as (
    select
        overall.*,
        case
            when overall.sessions_judged > 1
                then
                    1.96
                    * sqrt(
                        deviations.square_sum
                        * overall.sessions_judged
                        / (overall.sessions_judged - 1)
                    )
                    / overall.rows_judged
        end as half_width
    from overall
    inner join deviations
        on
            overall.model_name = deviations.model_name
            and overall.model_version = deviations.model_version
            and overall.metric = deviations.metric
),

performance as (
    select
        model_name,
        model_version,
        'walk_forward' as source,
        metric,
        estimate,
        low,
        high,
        rows_judged,
        sessions_judged,
        first_session,
        last_session
    from evaluations

    union all

    select
        model_name,
        model_version,
        'live' as source,
        metric,
        estimate,
        estimate - half_width as low,
        estimate + half_width as high,
        rows_judged,
        sessions_judged,
        first_session,
        last_session
    from live
)

select * from performance
