{#- MD5 of the values as text, in order; equal inputs give equal text within one warehouse. -#}
{% macro fingerprint(expressions) -%}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(cast(" ~ expression ~ " as " ~ text_type() ~ "), '-')") -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('md5_text')(parts | join(" || '|' || "))) }}
{%- endmacro %}

{% macro default__md5_text(text) -%}
    md5({{ text }})
{%- endmacro %}

{% macro bigquery__md5_text(text) -%}
    to_hex(md5({{ text }}))
{%- endmacro %}
