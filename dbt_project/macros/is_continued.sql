{#- Whether the model continues what is built; compiling without a warehouse never does. -#}
{% macro is_continued() -%}
    {{ return(flags.INTROSPECT and is_incremental()) }}
{%- endmacro %}
