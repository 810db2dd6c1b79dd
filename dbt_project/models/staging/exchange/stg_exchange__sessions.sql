{{ config(materialized='table') }}

with sessions as (
    select * from {{ source('exchange', 'sessions') }}
),

newest as (
    select
        -- key
        session,
        session_number,
        -- instants
        open_at,
        close_at,
        decision_at,
        -- attributes
        is_half_day
    from sessions
    qualify
        row_number() over (
            partition by session
            order by ingested_at desc, load_id desc
        ) = 1
),

chained as (
    select
        *,
        lag(session) over (order by session) as previous_session,
        lead(session) over (order by session) as next_session
    from newest
)

select * from chained
