with versions as (
    select * from {{ ref('int_corporate_actions__versions') }}
),

epochs as (
    select * from {{ ref('int_knowledge_epochs') }}
),

known as (
    select
        -- key
        versions.symbol,
        epochs.epoch,
        versions.vendor,
        versions.kind,
        versions.ex_date,
        -- place in time
        versions.session_number,
        epochs.is_current,
        -- measures
        versions.split_ratio,
        versions.dividend_usd,
        -- knowledge
        versions.known_at,
        versions.load_id
    from versions
    inner join epochs
        on
            versions.symbol = epochs.symbol
            and versions.known_at <= greatest(versions.decision_at, epochs.first_decision_at)
            and versions.session_number
            < coalesce(epochs.next_first_session_number, versions.session_number + 1)
    qualify
        row_number() over (
            partition by
                versions.symbol, epochs.epoch, versions.vendor, versions.kind, versions.ex_date
            order by versions.version_no desc
        ) = 1
)

select * from known
