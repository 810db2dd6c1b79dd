-- A product of doubles depends on the order of multiplication, so it is taken one split after
-- the other in the order of time, by recursion over the few splits of a symbol.
with recursive splits as (
    select
        symbol,
        epoch,
        session_number,
        split_ratio,
        known_at,
        row_number() over (partition by symbol, epoch order by ex_date) as nth
    from {{ ref('int_corporate_actions__reconciled') }}
    where kind = 'split'
),

cumulated as (
    select
        symbol,
        epoch,
        session_number,
        nth,
        known_at,
        split_ratio,
        split_ratio as split_factor
    from splits
    where nth = 1

    union all

    select
        splits.symbol,
        splits.epoch,
        splits.session_number,
        splits.nth,
        greatest(splits.known_at, earlier.known_at) as known_at,
        case
            when splits.session_number = earlier.session_number
                then earlier.split_ratio * splits.split_ratio
            else splits.split_ratio
        end as split_ratio,
        earlier.split_factor * splits.split_ratio as split_factor
    from splits
    inner join cumulated as earlier
        on
            splits.symbol = earlier.symbol
            and splits.epoch = earlier.epoch
            and splits.nth = earlier.nth + 1
),

last_of_session as (
    select
        *,
        lead(session_number) over (
            partition by symbol, epoch order by nth
        ) as next_session_number
    from cumulated
)

select
    -- key
    symbol,
    epoch,
    session_number,
    -- sessions on which the factor holds: from session_number to before next_session_number
    next_session_number,
    -- measures
    split_ratio,
    split_factor,
    -- knowledge
    known_at
from last_of_session
where next_session_number is null or next_session_number > session_number
