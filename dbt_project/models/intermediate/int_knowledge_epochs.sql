with actions as (
    select
        *,
        {{ vendor_rank('vendor') }} as vendor_rank
    from {{ ref('int_corporate_actions__versions') }}
),

-- words that overrule another one on an earlier day, whose decision could not know them
overruling as (
    select
        better.symbol,
        better.known_at,
        better.load_id
    from actions as known
    inner join actions as better
        on
            known.symbol = better.symbol
            and known.kind = better.kind
            and known.decision_at < better.known_at
    where known.session_number < better.session_number and {{ is_overruled('known', 'better') }}
),

late as (
    select
        symbol,
        known_at,
        load_id
    from {{ ref('int_prices__versions') }}
    where is_late
    union distinct
    select
        symbol,
        known_at,
        load_id
    from actions
    where is_late
    union distinct
    select
        symbol,
        known_at,
        load_id
    from overruling
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- the first decision that could use what became known late
news as (
    select
        late.symbol,
        late.load_id,
        min(sessions.session_number) as first_session_number
    from late
    inner join sessions on late.known_at <= sessions.decision_at
    group by late.symbol, late.load_id, late.known_at
),

starts as (
    select distinct
        symbol,
        0 as first_session_number
    from {{ ref('int_prices__versions') }}
    union distinct
    select
        symbol,
        first_session_number
    from news
),

epochs as (
    select
        symbol,
        first_session_number,
        row_number() over (partition by symbol order by first_session_number) - 1 as epoch,
        lead(first_session_number) over (
            partition by symbol order by first_session_number
        ) as next_first_session_number
    from starts
),

signed as (
    select
        epochs.symbol,
        epochs.epoch,
        string_agg(distinct news.load_id, ',' order by news.load_id) as late_load_ids
    from epochs
    inner join news
        on
            epochs.symbol = news.symbol
            and epochs.first_session_number >= news.first_session_number
    group by epochs.symbol, epochs.epoch
),

bounded as (
    select
        -- key
        epochs.symbol,
        epochs.epoch,
        -- decisions made with this knowledge
        epochs.first_session_number,
        epochs.next_first_session_number,
        epochs.next_first_session_number is null as is_current,
        sessions.decision_at as first_decision_at,
        -- bars that those decisions look back on; the current epoch holds all of them
        case
            when epochs.next_first_session_number is null then 0
            else epochs.first_session_number - {{ var('feature_lookback_sessions') }}
        end as bars_from_session_number,
        -- provenance
        {{ fingerprint(['signed.late_load_ids']) }} as knowledge_fingerprint
    from epochs
    inner join sessions on epochs.first_session_number = sessions.session_number
    left join signed on epochs.symbol = signed.symbol and epochs.epoch = signed.epoch
)

select * from bounded
