{#- What a person has decided of a split that the closes deny (var split_verdicts), or null. -#}
{% macro split_verdict(symbol, ex_date) -%}
    case
        {%- for key, verdict in var('split_verdicts').items() %}
        when concat({{ symbol }}, ' ', cast({{ ex_date }} as {{ text_type() }})) = '{{ key }}'
            then '{{ verdict }}'
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}
