-- Windows of n sessions are checked by session_number, so a hole in the numbers would look like
-- a missing bar, and a repeated number like none.
with numbered as (
    select
        session,
        session_number,
        lag(session_number) over (order by session) as previous_number
    from {{ ref('stg_exchange__sessions') }}
)

select * from numbered
where session_number <> previous_number + 1
