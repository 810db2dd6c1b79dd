{#- Names of types where the dialects differ. Instants are UTC in both. -#}
{%- macro double_type() -%}
    {{ 'float64' if target.type == 'bigquery' else 'double' }}
{%- endmacro -%}

{%- macro whole_type() -%}
    {{ 'int64' if target.type == 'bigquery' else 'bigint' }}
{%- endmacro -%}

{%- macro text_type() -%}
    {{ 'string' if target.type == 'bigquery' else 'varchar' }}
{%- endmacro -%}
