{#- Monday = 0 … Sunday = 6, as in Python and pandas. -#}
{% macro weekday_from_monday(day) -%}
    {{ return(adapter.dispatch('weekday_from_monday')(day)) }}
{%- endmacro %}

{% macro default__weekday_from_monday(day) -%}
    cast(extract(isodow from {{ day }}) - 1 as {{ whole_type() }})
{%- endmacro %}

{% macro bigquery__weekday_from_monday(day) -%}
    mod(extract(dayofweek from {{ day }}) + 5, 7)
{%- endmacro %}

{#- Calendar days from the first date to the second. -#}
{% macro days_between(first_day, second_day) -%}
    {{ return(adapter.dispatch('days_between')(first_day, second_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, second_day) -%}
    ({{ second_day }} - {{ first_day }})
{%- endmacro %}

{% macro bigquery__days_between(first_day, second_day) -%}
    date_diff({{ second_day }}, {{ first_day }}, day)
{%- endmacro %}
