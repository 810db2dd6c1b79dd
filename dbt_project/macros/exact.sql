{#-
Exact sums. Adding doubles gives another last bit in another order, so a window over a longer
table, a second thread or a rebuild could change a feature. Whatever is summed is first
rounded to a whole number of 10^-digits, and whole numbers add up the same in any order.

    to_fixed('return', 12)      the value as whole 1e-12ths; null when it is out of range
    from_whole('sum(x_e12)')    a whole number as a double
-#}
{% macro to_fixed(expression, digits) -%}
    {{ return(adapter.dispatch('to_fixed')(expression, digits)) }}
{%- endmacro %}

{% macro default__to_fixed(expression, digits) -%}
    try_cast(round(({{ expression }}) * 1e{{ digits }}) as hugeint)
{%- endmacro %}

{% macro bigquery__to_fixed(expression, digits) -%}
    safe_cast(round(({{ expression }}) * 1e{{ digits }}) as bignumeric)
{%- endmacro %}

{% macro from_whole(expression) -%}
    cast({{ expression }} as {{ double_type() }})
{%- endmacro %}
