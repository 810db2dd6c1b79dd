{#-
Whether `better` tells of the same event as `known` does, with more weight. Both are relations with
vendor, vendor_rank, kind, ex_date, split_ratio, dividend_usd and load_id, of one symbol and kind.
-#}
{% macro is_overruled(known, better) -%}
    abs({{ days_between(better ~ '.ex_date', known ~ '.ex_date') }}) <= {{ var('same_action_days') }}
    and (
        (
            (
                {{ known }}.vendor_rank > {{ better }}.vendor_rank
                or (
                    {{ known }}.vendor_rank = {{ better }}.vendor_rank
                    and {{ known }}.vendor > {{ better }}.vendor
                )
            )
            and (
                {{ known }}.kind = 'split'
                or {{ known }}.ex_date = {{ better }}.ex_date
                or abs({{ known }}.dividend_usd - {{ better }}.dividend_usd)
                <= 0.01 * {{ better }}.dividend_usd
            )
        )
        or (
            {{ known }}.vendor = {{ better }}.vendor
            and {{ known }}.ex_date <> {{ better }}.ex_date
            and {{ known }}.load_id < {{ better }}.load_id
            and abs(
                coalesce({{ known }}.split_ratio, {{ known }}.dividend_usd)
                - coalesce({{ better }}.split_ratio, {{ better }}.dividend_usd)
            )
            <= 0.01 * coalesce({{ better }}.split_ratio, {{ better }}.dividend_usd)
        )
    )
{%- endmacro %}
