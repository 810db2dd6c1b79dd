with predictions as (
    select * from {{ source('ledger', 'predictions') }}
),

first_word as (
    select
        -- key
        symbol,
        session,
        model_name,
        model_version,
        -- what was said
        target_session,
        probability_up,
        direction,
        evidence,
        decided_at,
        created_at
    from predictions
    qualify
        row_number() over (
            partition by symbol, session, model_name, model_version
            order by ingested_at, load_id
        ) = 1
)

select * from first_word
