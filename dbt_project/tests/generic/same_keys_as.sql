{#- Two relations hold the same keys: nothing lost and nothing invented on the way. -#}
{% test same_keys_as(model, other, columns, other_where='true') %}
{%- set key = columns | join(', ') %}
with here as (
    select {{ key }} from {{ model }}
),

there as (
    select {{ key }} from {{ other }}
    where {{ other_where }}
),

missing as (
    select * from there
    except distinct
    select * from here
),

invented as (
    select * from here
    except distinct
    select * from there
)

select * from missing
union all
select * from invented
{% endtest %}
