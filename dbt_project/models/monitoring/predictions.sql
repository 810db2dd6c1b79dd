with predictions as (
    select
        symbol,
        session,
        target_session,
        model_name,
        model_version,
        probability_up,
        direction,
        evidence,
        decided_at,
        created_at
    from {{ ref('stg_ledger__predictions') }}
)

select * from predictions
