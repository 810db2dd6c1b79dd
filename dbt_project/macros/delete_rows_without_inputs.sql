{#- A session whose bar is gone loses its features too; only an incremental run can have such rows. -#}
{% macro delete_rows_without_inputs(built, inputs) -%}
    {% if is_continued() %}
    delete from {{ built }} as built
    where not exists (
        select 1
        from {{ inputs }} as inputs
        where
            inputs.is_decided_in_epoch
            and inputs.symbol = built.symbol
            and inputs.session = built.session
    )
    {% endif %}
{%- endmacro %}
