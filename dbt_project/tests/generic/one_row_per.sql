{#- The grain, as a test: the columns together are never missing and never repeated. -#}
{% test one_row_per(model, columns) %}
{%- set key = columns | join(', ') %}
select
    {{ key }},
    count(*) as rows_found
from {{ model }}
group by {{ key }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
