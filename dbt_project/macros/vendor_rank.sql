{#- Vendors in the order of priority: the environment's, else var vendor_priority. -#}
{% macro vendors_by_priority() -%}
    {%- set listed = env_var('STOCK_ASSETS_VENDOR_PRIORITY', var('vendor_priority') | join(',')) -%}
    {{ return(listed.replace("'", "").split(',') | map('trim') | reject('equalto', '') | list) }}
{%- endmacro %}

{#- Place of a vendor in the priority, best = 0; vendors that are not listed come last. -#}
{% macro vendor_rank(vendor) -%}
    {%- set names = vendors_by_priority() -%}
    case {{ vendor }}
        {%- for name in names %}
        when '{{ name }}' then {{ loop.index0 }}
        {%- endfor %}
        else {{ names | length }}
    end
{%- endmacro %}

{#- The vendor whose bar counts wherever it has one, as text; null when none is listed. -#}
{% macro preferred_vendor() -%}
    {%- set names = vendors_by_priority() -%}
    {%- if names -%} '{{ names[0] }}' {%- else -%} cast(null as {{ text_type() }}) {%- endif -%}
{%- endmacro %}
