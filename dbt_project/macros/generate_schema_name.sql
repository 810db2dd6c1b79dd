{#- Schemas are named after the rooms (staging, features, …), in every environment alike. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
