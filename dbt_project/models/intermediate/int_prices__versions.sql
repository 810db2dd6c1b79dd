{{ config(materialized='view') }}

with bars as (
    select * from {{ ref('stg_yahoo__prices') }}
    union all
    select * from {{ ref('stg_polygon__prices') }}
    union all
    select * from {{ ref('stg_alpha_vantage__prices') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

placed as (
    select
        -- key
        bars.vendor,
        bars.symbol,
        bars.session,
        bars.version_no,
        -- place in time
        sessions.session_number,
        sessions.decision_at,
        -- measures, as traded
        bars.open_usd,
        bars.high_usd,
        bars.low_usd,
        bars.close_usd,
        bars.volume_shares,
        -- knowledge
        bars.known_at,
        bars.load_id,
        bars.known_at > sessions.decision_at as is_late
    from bars
    inner join sessions on bars.session = sessions.session
)

select * from placed
