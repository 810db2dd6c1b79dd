with bars as (
    select * from {{ ref('int_prices__adjusted') }}
    where is_current
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- the only look forward: the next bar of the same symbol
looking_forward as (
    select
        symbol,
        session,
        session_number,
        inputs_known_at,
        lead(session_number) over next_bar as next_session_number,
        lead(total_return) over next_bar as next_total_return,
        lead(inputs_known_at) over next_bar as next_inputs_known_at
    from bars
    window next_bar as (partition by symbol order by session_number)
),

known as (
    select
        looking_forward.symbol,
        looking_forward.session,
        sessions.next_session as target_session,
        targets.close_at,
        looking_forward.inputs_known_at,
        looking_forward.next_inputs_known_at,
        case
            when looking_forward.next_session_number = looking_forward.session_number + 1
                then looking_forward.next_total_return
        end as actual_return
    from looking_forward
    inner join sessions on looking_forward.session = sessions.session
    left join sessions as targets on sessions.next_session = targets.session
),

labels as (
    select
        -- key
        symbol,
        session,
        target_session,
        -- label; a comparison with a missing return is missing, never false
        actual_return,
        actual_return > 0 as is_up,
        -- knowledge
        case
            when actual_return is not null
                then greatest(close_at, inputs_known_at, next_inputs_known_at)
        end as label_known_at
    from known
)

select * from labels
