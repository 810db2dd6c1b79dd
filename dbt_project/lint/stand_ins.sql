{#- What sqlfluff sees in place of dbt's own context, so that linting needs no warehouse. -#}
{%- macro env_var(name, default='') -%}{{ default }}{%- endmacro -%}
{%- macro to_fixed(expression, digits) -%}{{ default__to_fixed(expression, digits) }}{%- endmacro -%}
{%- macro weekday_from_monday(day) -%}{{ default__weekday_from_monday(day) }}{%- endmacro -%}
{%- macro days_between(first_day, second_day) -%}{{ default__days_between(first_day, second_day) }}{%- endmacro -%}
{%- macro fingerprint(expressions) -%}md5({{ expressions[0] }}){%- endmacro -%}
{%- macro delete_rows_without_inputs(built, inputs) -%}{%- endmacro -%}
{%- macro vendor_rank(vendor) -%}case {{ vendor }} when 'polygon' then 0 else 1 end{%- endmacro -%}
{%- macro is_continued() -%}yes{%- endmacro -%}
{%- macro preferred_vendor() -%}'polygon'{%- endmacro -%}
{%- macro is_overruled(known, better) -%}{{ known }}.vendor_rank > {{ better }}.vendor_rank{%- endmacro -%}
{%- macro split_verdict(symbol, ex_date) -%}concat({{ symbol }}, {{ ex_date }}){%- endmacro -%}
