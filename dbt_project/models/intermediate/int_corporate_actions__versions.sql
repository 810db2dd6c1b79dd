with actions as (
    select * from {{ ref('stg_yahoo__corporate_actions') }}
    union all
    select * from {{ ref('stg_polygon__corporate_actions') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- an ex-date on which the exchange is shut takes effect on the next session
placed as (
    select
        -- key
        actions.vendor,
        actions.symbol,
        actions.kind,
        actions.ex_date,
        actions.version_no,
        -- place in time
        sessions.session_number,
        sessions.decision_at,
        -- measures
        actions.split_ratio,
        actions.dividend_usd,
        -- knowledge
        actions.known_at,
        actions.load_id,
        actions.known_at > sessions.decision_at as is_late
    from actions
    inner join sessions
        on
            actions.ex_date <= sessions.session
            and (actions.ex_date > sessions.previous_session or sessions.previous_session is null)
)

select * from placed
