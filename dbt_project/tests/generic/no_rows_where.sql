{#- A rule between columns that SQL alone can break: no row may meet the condition. -#}
{% test no_rows_where(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}
