with actions as (
    select * from {{ ref('int_corporate_actions__known') }}
),

known as (
    select * from actions
    where kind = 'split'
),

-- cash and shares of others that left with the split, whoever tells of them
dividends as (
    select
        symbol,
        epoch,
        session_number,
        max(dividend_usd) as dividend_usd
    from actions
    where kind = 'dividend'
    group by symbol, epoch, session_number
),

bars as (
    select * from {{ ref('int_prices__reconciled') }}
),

-- several splits that one vendor lets take effect on one session are one step of the price
steps as (
    select
        symbol,
        epoch,
        vendor,
        session_number,
        exp(sum(ln(split_ratio))) as split_ratio
    from known
    group by symbol, epoch, vendor, session_number
),

split_sessions as (
    select distinct
        symbol,
        session_number
    from steps
),

closes as (
    select
        bars.symbol,
        bars.epoch,
        bars.session_number,
        bars.is_decided_in_epoch,
        bars.close_usd,
        earlier.close_usd as previous_close_usd
    from split_sessions
    inner join bars
        on
            split_sessions.symbol = bars.symbol
            and split_sessions.session_number = bars.session_number
    inner join bars as earlier
        on
            bars.symbol = earlier.symbol
            and bars.epoch = earlier.epoch
            and bars.session_number = earlier.session_number + 1
),

-- past epochs do not hold all bars: where they lack one, the session's own decision judges
moved as (
    select
        steps.symbol,
        steps.epoch,
        steps.vendor,
        steps.session_number,
        coalesce(known_now.close_usd, known_then.close_usd) as close_usd,
        coalesce(known_now.previous_close_usd, known_then.previous_close_usd)
            as previous_close_usd,
        coalesce(dividends.dividend_usd, 0) as dividend_usd,
        ln(steps.split_ratio) as split_step
    from steps
    left join dividends
        on
            steps.symbol = dividends.symbol
            and steps.epoch = dividends.epoch
            and steps.session_number = dividends.session_number
    left join closes as known_now
        on
            steps.symbol = known_now.symbol
            and steps.epoch = known_now.epoch
            and steps.session_number = known_now.session_number
    left join closes as known_then
        on
            steps.symbol = known_then.symbol
            and steps.session_number = known_then.session_number
            and known_then.is_decided_in_epoch
),

-- what else may have happened on that session: nothing, or what another vendor says
otherwise as (
    select distinct
        symbol,
        epoch,
        session_number,
        0.0 as split_step
    from moved
    union distinct
    select
        symbol,
        epoch,
        session_number,
        split_step
    from moved
),

-- told far enough apart for the closes to tell, and the other one leaves less of the price's
-- move unexplained
denied as (
    select distinct
        moved.symbol,
        moved.epoch,
        moved.vendor,
        moved.session_number,
        moved.close_usd,
        moved.previous_close_usd
    from moved
    inner join otherwise
        on
            moved.symbol = otherwise.symbol
            and moved.epoch = otherwise.epoch
            and moved.session_number = otherwise.session_number
    where
        abs(moved.split_step - otherwise.split_step) >= ln({{ var('smallest_judged_split') }})
        and abs(
            ln((moved.close_usd + moved.dividend_usd) / moved.previous_close_usd)
            + otherwise.split_step
        )
        < abs(
            ln((moved.close_usd + moved.dividend_usd) / moved.previous_close_usd)
            + moved.split_step
        )
),

judged as (
    select
        known.*,
        denied.close_usd,
        denied.previous_close_usd,
        coalesce({{ split_verdict('known.symbol', 'known.ex_date') }}, '') as verdict,
        denied.symbol is not null as is_denied
    from known
    left join denied
        on
            known.symbol = denied.symbol
            and known.epoch = denied.epoch
            and known.vendor = denied.vendor
            and known.session_number = denied.session_number
),

-- the same event as somebody tells it whom the closes do not contradict
upheld as (
    select distinct
        judged.symbol,
        judged.epoch,
        judged.vendor,
        judged.ex_date
    from judged
    inner join judged as other
        on
            judged.symbol = other.symbol
            and judged.epoch = other.epoch
    where
        not other.is_denied
        and abs({{ days_between('other.ex_date', 'judged.ex_date') }})
        <= {{ var('same_action_days') }}
),

contradicted as (
    select
        -- key
        judged.symbol,
        judged.epoch,
        judged.vendor,
        judged.ex_date,
        -- place in time
        judged.session_number,
        judged.is_current,
        -- what is told, and what the closes say
        judged.split_ratio,
        judged.previous_close_usd,
        judged.close_usd,
        -- whether it is known what happened instead
        upheld.symbol is not null or judged.verdict = 'ignored' as is_settled,
        judged.load_id
    from judged
    left join upheld
        on
            judged.symbol = upheld.symbol
            and judged.epoch = upheld.epoch
            and judged.vendor = upheld.vendor
            and judged.ex_date = upheld.ex_date
    where judged.is_denied and judged.verdict <> 'counts'
)

select * from contradicted
