{{ config(materialized='view') }}

with gaps as (
    select * from {{ ref('stg_yahoo__gaps') }}
    union all
    select * from {{ ref('stg_polygon__gaps') }}
    union all
    select * from {{ ref('stg_alpha_vantage__gaps') }}
)

select
    -- key
    vendor,
    symbol,
    session,
    known_at,
    -- until when this was the newest word
    superseded_at,
    -- what was said
    cause,
    detail,
    -- provenance
    load_id
from gaps
