{#- Place of a vendor in the priority, best = 0; vendors that are not listed come last. -#}
{% macro vendor_rank(vendor) -%}
    {%- set listed = env_var('STOCK_ASSETS_VENDOR_PRIORITY', var('vendor_priority') | join(',')) -%}
    {%- set names = listed.split(',') | map('trim') | reject('equalto', '') | list -%}
    case {{ vendor }}
        {%- for name in names %}
        when '{{ name | replace("'", "") }}' then {{ loop.index0 }}
        {%- endfor %}
        else {{ names | length }}
    end
{%- endmacro %}
