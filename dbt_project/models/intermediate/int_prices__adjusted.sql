with bars as (
    select * from {{ ref('int_prices__reconciled') }}
),

splits as (
    select * from {{ ref('int_splits__cumulative') }}
),

dividends as (
    select
        symbol,
        epoch,
        session_number,
        max(known_at) as known_at,
        {{ from_whole('sum(' ~ to_fixed('dividend_usd', 12) ~ ')') }} / 1e12 as dividend_usd
    from {{ ref('int_corporate_actions__reconciled') }}
    where kind = 'dividend'
    group by symbol, epoch, session_number
),

factored as (
    select
        bars.*,
        coalesce(splits.split_factor, 1.0) as split_factor,
        case
            when splits.session_number = bars.session_number then splits.split_ratio
            else 1.0
        end as split_ratio,
        coalesce(dividends.dividend_usd, 0.0) as dividend_usd,
        greatest(
            bars.known_at,
            coalesce(splits.known_at, bars.known_at),
            coalesce(dividends.known_at, bars.known_at)
        ) as inputs_known_at
    from bars
    left join splits
        on
            bars.symbol = splits.symbol
            and bars.epoch = splits.epoch
            and bars.session_number >= splits.session_number
            and bars.session_number
            < coalesce(splits.next_session_number, bars.session_number + 1)
    left join dividends
        on
            bars.symbol = dividends.symbol
            and bars.epoch = dividends.epoch
            and bars.session_number = dividends.session_number
),

chained as (
    select
        *,
        case
            when lag(session_number) over bars_in_order = session_number - 1
                then lag(close_usd) over bars_in_order
        end as previous_close_usd
    from factored
    window bars_in_order as (partition by symbol, epoch order by session_number)
),

adjusted as (
    select
        -- key
        symbol,
        epoch,
        session,
        -- place in time
        session_number,
        decision_at,
        is_current,
        is_decided_in_epoch,
        -- measures, as traded
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        -- adjustment
        split_ratio,
        split_factor,
        dividend_usd,
        previous_close_usd,
        split_ratio * (close_usd + dividend_usd) / previous_close_usd - 1 as total_return,
        -- provenance
        vendor,
        fallback_reason,
        inputs_known_at,
        {{ fingerprint([
            var('feature_formulas_version'),
            'session_number',
            'decision_at',
            'load_id',
            'split_factor',
            'split_ratio',
            'dividend_usd',
            'knowledge_fingerprint',
        ]) }} as input_fingerprint
    from chained
)

select * from adjusted
