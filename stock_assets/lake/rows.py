"""Rows at the door: the agreed columns by name, in the agreed kinds, nothing else.

Belongs here: comparing what was handed over with a declaration.
Does not belong here: rules about values (screen.py).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as kinds

from stock_assets.errors import ContractError
from stock_assets.tables import Table


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """The rows in the declared column order and types. Columns are matched by name alone.

    Only conversions that lose nothing are made (dictionary to string, float to double, other
    units of UTC instants).

    Raises:
        ContractError: naming every missing, unknown, doubled or wrongly typed column at once.
    """
    wanted = table.row_schema
    names = rows.column_names
    problems = [f"{name} is missing" for name in wanted.names if name not in names]
    problems += [f"{name} is not declared" for name in names if name not in wanted.names]
    problems += [f"{name} comes twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if not problems:
        problems = [
            f"{field.name} is {rows.schema.field(field.name).type}, not {field.type}"
            for field in wanted
            if not _same_kind(rows.schema.field(field.name).type, field.type)
        ]
    if problems:
        raise _refused(table, "; ".join(problems))
    chosen = rows.select(wanted.names)
    if chosen.schema.equals(wanted):
        return chosen
    try:
        return chosen.cast(wanted, safe=True)
    except pa.ArrowInvalid as error:
        raise _refused(table, f"a value does not fit: {error}") from error


def _refused(table: Table, reason: str) -> ContractError:
    return ContractError(
        table.name,
        reason=f"rows do not have the declared columns: {reason}",
        next_action=f"hand over exactly the columns {', '.join(table.row_schema.names)}",
    )


def _same_kind(given: pa.DataType, wanted: pa.DataType) -> bool:
    if kinds.is_dictionary(given):
        given = given.value_type
    if given.equals(wanted) or kinds.is_null(given):
        return True
    if kinds.is_string(wanted):
        return bool(kinds.is_large_string(given) or kinds.is_string_view(given))
    if kinds.is_timestamp(wanted):
        # An instant without a zone could be anyone's local time.
        return bool(kinds.is_timestamp(given) and given.tz is not None)
    if kinds.is_float64(wanted):
        return bool(kinds.is_floating(given) or kinds.is_integer(given))
    if kinds.is_int64(wanted):
        return bool(kinds.is_integer(given))
    if kinds.is_date32(wanted):
        return bool(kinds.is_date64(given))
    if kinds.is_list(wanted):
        nested = kinds.is_list(given) or kinds.is_large_list(given)
        return bool(nested and _same_kind(given.value_type, wanted.value_type))
    return False
