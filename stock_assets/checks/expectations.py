"""The one bridge to Great Expectations: from a declared table to a suite to a check result.

Belongs here: the translation in both directions.
Does not belong here: what is expected (tables/), which assets are checked (its neighbours).
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

    from stock_assets.tables import Column, Table

SHOWN_KEYS: Final = 20
# Instants are left out: Great Expectations cannot name a type with a time zone.
_PANDAS_KINDS: Final = {
    "string": ("str", "object"),
    "date": ("date",),
    "double": ("float64",),
    "integer": ("int64", "Int64"),
    "boolean": ("bool", "boolean"),
}


@dataclass(frozen=True)
class Finding:
    """One expectation that does not hold: what, how many rows, and the first failing keys."""

    expectation: str
    column: str
    unexpected: int
    keys: tuple[dict[str, str], ...]


def validate(table: Table, rows: pd.DataFrame) -> tuple[int, tuple[Finding, ...]]:
    """Hold ``rows`` against everything that ``table`` declares.

    Returns how many expectations were asked, and those that do not hold.
    """
    suite = suite_for(table)
    with warnings.catch_warnings():
        # Great Expectations imports modules that Python 3.11 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        batch = (
            context.data_sources.add_pandas("lake")
            .add_dataframe_asset(table.name)
            .add_batch_definition_whole_dataframe("partition")
            .get_batch(batch_parameters={"dataframe": rows})
        )
        outcome = batch.validate(
            gx.ExpectationSuite(table.name, expectations=suite),
            result_format={
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(table.key),
                "partial_unexpected_count": SHOWN_KEYS,
            },
        )
    findings = tuple(_finding(result) for result in outcome.results if not result.success)
    return len(outcome.results), findings


def suite_for(table: Table) -> list[Expectation]:
    """The declaration as expectations: columns, presence, bounds, known values, order, key."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations.expectations as gxe
    names = [column.name for column in table.all_columns]
    expectations: list[Expectation] = [
        gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=True),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=list(table.key))
        if len(table.key) > 1
        else gxe.ExpectColumnValuesToBeUnique(column=table.key[0]),
    ]
    for column in table.columns:
        expectations += _of_column(column)
    expectations += [
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=high, column_B=low, or_equal=True, ignore_row_if="either_value_is_missing"
        )
        for high, low in table.ordered
    ]
    return expectations


def _of_column(column: Column) -> list[Expectation]:
    import great_expectations.expectations as gxe

    found: list[Expectation] = []
    kinds = _PANDAS_KINDS.get(column.kind)
    if kinds:
        found.append(
            gxe.ExpectColumnValuesToBeInTypeList(column=column.name, type_list=list(kinds))
        )
    if not column.nullable:
        found.append(gxe.ExpectColumnValuesToNotBeNull(column=column.name))
    bounds = (column.above, column.at_least, column.at_most)
    if any(bound is not None for bound in bounds):
        lowest = column.above if column.above is not None else column.at_least
        found.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=column.name,
                min_value=lowest,
                strict_min=column.above is not None,
                max_value=column.at_most if column.at_most is not None else sys.float_info.max,
            )
        )
    if column.one_of:
        found.append(
            gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(column.one_of))
        )
    return found


def _finding(result: Any) -> Finding:
    config = result.expectation_config
    kwargs = config.kwargs
    column = kwargs.get("column") or " / ".join(
        str(kwargs[name]) for name in ("column_A", "column_B", "column_list") if name in kwargs
    )
    keys = result.result.get("partial_unexpected_index_list") or []
    return Finding(
        expectation=config.type,
        column=str(column),
        unexpected=int(result.result.get("unexpected_count") or 0),
        keys=tuple({k: str(v) for k, v in key.items()} for key in keys[:SHOWN_KEYS]),
    )


def as_check_result(
    table: Table, rows: pd.DataFrame, *, severity: dg.AssetCheckSeverity
) -> dg.AssetCheckResult:
    """Hold the rows against the declaration and say which keys fail which expectation."""
    asked, findings = validate(table, rows)
    lines = [
        f"- `{f.expectation}` on `{f.column}`: {f.unexpected} rows"
        + "".join(f"\n    - {key}" for key in f.keys)
        for f in findings
    ]
    return dg.AssetCheckResult(
        passed=not findings,
        severity=severity,
        description=(
            f"{len(rows):,} rows meet all {asked} expectations of {table.name}"
            if not findings
            else f"{len(findings)} of {asked} expectations of {table.name} do not hold"
        ),
        metadata={
            "rows": len(rows),
            "expectations": asked,
            **({"failing": dg.MetadataValue.md("\n".join(lines))} if lines else {}),
        },
    )
