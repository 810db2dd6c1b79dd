"""Several vendors tell the same bars: whose counts, why another stands in, where they differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pytest

from stock_assets.tables import GAPS, PRICES, SESSIONS
from stock_assets_tests.dbt.running import SmallWarehouse
from stock_assets_tests.dbt.small_lake import Rows, SmallLake
from stock_assets_tests.dbt.small_market import bar, session_rows, sessions

pytestmark = pytest.mark.slow

DAYS: Final = sessions()[:30]
VENDORS: Final = ("polygon", "yahoo", "alpha_vantage")
SYMBOLS: Final = ("A", "B")
FACTOR: Final = {"polygon": 1.0, "yahoo": 1.001, "alpha_vantage": 1.0}
"""What each vendor's closes are times the true ones; a thousandth is ordinary."""
APART: Final = 12
"""On it Alpha Vantage's close of B is a fiftieth higher than the others'."""
LACKING: Final = {
    3: "no_bar",
    4: "failed",
    5: "not_on_plan",
    6: "quarantined",
    7: "before_first_bar",
    8: "after_last_bar",
    9: "not_found",
    10: "reopened",
}
"""Polygon's sessions of A without a bar, by cause."""
NEVER_ASKED: Final = 11
FILLED: Final = 14
"""Polygon's bar came later; a gap tells of the time before."""
ONLY_THE_THIRD: Final = 15
LATE: Final = 16
"""Polygon's bar of B was known two sessions later."""


def close(vendor: str, symbol: str, n: int) -> float:
    wrong = 1.02 if (vendor, symbol, n) == ("alpha_vantage", "B", APART) else 1.0
    return round((50.0 + n) * FACTOR[vendor] * wrong, 4)


def bars_of(vendor: str) -> Rows:
    lacking = {"polygon": {*LACKING, NEVER_ASKED, ONLY_THE_THIRD}, "yahoo": {ONLY_THE_THIRD}}
    return [
        bar(vendor, symbol, DAYS[n], close(vendor, symbol, n), **late(vendor, symbol, n))
        for symbol in SYMBOLS
        for n in range(len(DAYS))
        if symbol == "B" or n not in lacking.get(vendor, ())
    ]


def late(vendor: str, symbol: str, n: int) -> dict[str, Any]:
    is_late = (vendor, symbol, n) == ("polygon", "B", LATE)
    return {"known_at": DAYS[LATE + 2].open_at} if is_late else {}


def gap(
    vendor: str,
    n: int,
    cause: str,
    known_at: datetime,
    detail: str | None = None,
    feed: str = "prices",
) -> dict[str, Any]:
    return {
        "feed": f"raw/{vendor}_{feed}",
        "vendor": vendor,
        "symbol": "A",
        "session": DAYS[n].day,
        "cause": cause,
        "detail": detail,
        "known_at": known_at,
    }


def soon(n: int) -> datetime:
    """When a run tells what is missing: a little after the decision that it was for."""
    return DAYS[n].decision_at + timedelta(minutes=2)


WORDS: Final = "VendorOutage: polygon: HTTP 503. Next: wait."
GAPS_AT_FIRST: Final = [
    *(gap("polygon", n, "failed", soon(n), "TransportError: reset") for n in LACKING),
    gap("polygon", FILLED, "failed", soon(FILLED), WORDS),
    gap("polygon", ONLY_THE_THIRD, "failed", soon(ONLY_THE_THIRD), WORDS),
    gap("yahoo", ONLY_THE_THIRD, "no_bar", soon(ONLY_THE_THIRD)),
    # another vendor's word, and another feed's, are no reasons
    gap("yahoo", NEVER_ASKED, "failed", soon(NEVER_ASKED), WORDS),
    gap("polygon", NEVER_ASKED, "failed", soon(NEVER_ASKED), WORDS, feed="news"),
]
GAPS_LATER: Final = [
    *(
        gap("polygon", n, cause, soon(20), WORDS if cause == "failed" else None)
        for n, cause in LACKING.items()
    ),
    gap("polygon", FILLED, "filled", soon(20)),
]


def lake_of(root: Any, order: tuple[str, ...], seed: int | None = None) -> SmallLake:
    """A lake into which the vendors' bars came in this order; ``seed`` shuffles each one's rows."""
    lake = SmallLake(root / "lake")
    lake.append(SESSIONS, session_rows())
    lake.append(GAPS, GAPS_AT_FIRST)
    for vendor in order:
        rows = bars_of(vendor)
        if seed is not None:
            rows = [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]
        lake.append(PRICES, rows)
    lake.append(GAPS, GAPS_LATER)
    return lake


RECONCILED: Final = """
    select * exclude (load_id, knowledge_fingerprint)
    from intermediate.int_prices__reconciled order by symbol, epoch, session
"""
DISAGREEMENTS: Final = """
    select symbol, session, vendor, other_vendor, close_usd, other_close_usd, difference
    from intermediate.int_prices__disagreements order by all
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> SmallWarehouse:
    """Built with all tests, Polygon first."""
    root = tmp_path_factory.mktemp("vendors")
    built = SmallWarehouse(root, VENDORS)
    built.dbt(
        *("build", "--exclude-resource-type", "unit_test"),
        lake=lake_of(root, ("yahoo", "polygon", "alpha_vantage")),
    )
    return built


def reconciled(root: Any, priority: tuple[str, ...], lake: SmallLake) -> SmallWarehouse:
    built = SmallWarehouse(root, priority)
    which = ("+int_prices__reconciled", "int_prices__disagreements")
    built.dbt("run", "--select", *which, lake=lake)
    return built


def published(warehouse: SmallWarehouse, symbol: str) -> dict[int, tuple[str, str, str | None]]:
    rows = warehouse.rows(
        "select session, vendor, preferred_vendor, fallback_reason from marts.prices_daily "
        f"where symbol = '{symbol}'"
    ).to_pylist()
    number = {day.day: n for n, day in enumerate(DAYS)}
    return {
        number[row["session"]]: (row["vendor"], row["preferred_vendor"], row["fallback_reason"])
        for row in rows
    }


def test_a_published_bar_says_whose_it_is_and_why_not_the_preferred_vendor_s(
    warehouse: SmallWarehouse,
) -> None:
    rows = published(warehouse, "A")
    stands_in = {n: ("yahoo", "polygon", cause) for n, cause in LACKING.items()}
    stands_in[NEVER_ASKED] = ("yahoo", "polygon", "no_row")
    stands_in[ONLY_THE_THIRD] = ("alpha_vantage", "polygon", "failed")
    ordinary = dict.fromkeys(range(len(DAYS)), ("polygon", "polygon", None))
    assert rows == ordinary | stands_in
    assert published(warehouse, "B") == ordinary


def test_the_words_of_a_failure_stand_beside_its_reason(warehouse: SmallWarehouse) -> None:
    rows = warehouse.rows(
        "select session, fallback_detail from intermediate.int_prices__reconciled "
        "where fallback_detail is not null and is_current order by session"
    ).to_pylist()
    assert [(row["session"], row["fallback_detail"]) for row in rows] == [
        (DAYS[4].day, WORDS),
        (DAYS[ONLY_THE_THIRD].day, WORDS),
    ]


def test_past_decisions_keep_the_reason_that_was_known_then(warehouse: SmallWarehouse) -> None:
    """B's late bar ends what was known of B; of A nothing became known late."""
    rows = warehouse.rows(
        "select epoch, vendor, fallback_reason from intermediate.int_prices__reconciled "
        f"where symbol = 'B' and session = date '{DAYS[LATE].day}' order by epoch"
    ).to_pylist()
    assert [(row["vendor"], row["fallback_reason"]) for row in rows] == [
        ("yahoo", "late"),
        ("polygon", None),
    ]


def test_d15_the_bar_that_counts_does_not_depend_on_the_order_in_which_bars_came(
    warehouse: SmallWarehouse, tmp_path: Any
) -> None:
    shuffled = lake_of(tmp_path, ("alpha_vantage", "polygon", "yahoo"), seed=3)
    other = reconciled(tmp_path, VENDORS, shuffled)
    assert other.rows(RECONCILED).equals(warehouse.rows(RECONCILED))
    assert other.rows(DISAGREEMENTS).equals(warehouse.rows(DISAGREEMENTS))


def test_d15_another_priority_is_another_vendor_s_bar_throughout(tmp_path: Any) -> None:
    lake = lake_of(tmp_path, ("yahoo", "polygon", "alpha_vantage"))
    built = reconciled(tmp_path, ("alpha_vantage", "yahoo", "polygon"), lake)
    rows = built.rows(
        "select distinct vendor, preferred_vendor, fallback_reason from (" + RECONCILED + ")"
    )
    assert rows.to_pylist() == [
        {"vendor": "alpha_vantage", "preferred_vendor": "alpha_vantage", "fallback_reason": None}
    ]
    (row,) = built.rows(DISAGREEMENTS + " limit 1").to_pylist()
    assert (row["vendor"], row["close_usd"]) == (
        "alpha_vantage",
        close("alpha_vantage", "B", APART),
    )


def test_d15_what_vendors_differ_on_is_told_and_both_are_kept(warehouse: SmallWarehouse) -> None:
    (told,) = warehouse.rows(DISAGREEMENTS).to_pylist()
    ours, theirs = (close(vendor, "B", APART) for vendor in ("polygon", "alpha_vantage"))
    assert told == {
        "symbol": "B",
        "session": DAYS[APART].day,
        "vendor": "polygon",
        "other_vendor": "alpha_vantage",
        "close_usd": ours,
        "other_close_usd": theirs,
        "difference": pytest.approx(0.02),
    }
    kept = warehouse.rows(
        "select vendor, close_usd from intermediate.int_prices__versions "
        f"where symbol = 'B' and session = date '{DAYS[APART].day}' order by vendor"
    ).to_pylist()
    assert {row["vendor"]: row["close_usd"] for row in kept} == {
        vendor: close(vendor, "B", APART) for vendor in VENDORS
    }
