with evaluations as (
    select * from {{ source('ledger', 'evaluations') }}
),

newest as (
    select
        -- key
        model_name,
        coalesce(model_version, 'unregistered') as model_version,
        metric,
        -- measures
        estimate,
        low,
        high,
        rows_judged,
        sessions_judged,
        first_session,
        last_session,
        -- provenance
        run_id,
        ingested_at
    from evaluations
    qualify
        row_number() over (
            partition by model_name, coalesce(model_version, 'unregistered'), metric
            order by ingested_at desc, load_id desc, run_id desc
        ) = 1
)

select * from newest
