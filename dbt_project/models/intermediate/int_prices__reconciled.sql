{{ config(materialized='view') }}

with versions as (
    select * from {{ ref('int_prices__versions') }}
),

epochs as (
    select * from {{ ref('int_knowledge_epochs') }}
),

known as (
    select
        versions.*,
        epochs.epoch,
        epochs.is_current,
        epochs.knowledge_fingerprint,
        versions.session_number >= epochs.first_session_number as is_decided_in_epoch
    from versions
    inner join epochs
        on
            versions.symbol = epochs.symbol
            and versions.session_number >= epochs.bars_from_session_number
            and versions.session_number
            < coalesce(epochs.next_first_session_number, versions.session_number + 1)
            and versions.known_at <= greatest(versions.decision_at, epochs.first_decision_at)
),

reconciled as (
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
        -- provenance
        vendor,
        known_at,
        load_id,
        knowledge_fingerprint
    from known
    qualify
        row_number() over (
            partition by symbol, epoch, session_number
            order by {{ vendor_rank('vendor') }}, vendor, version_no desc
        ) = 1
)

select * from reconciled
