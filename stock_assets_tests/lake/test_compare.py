"""Comparing: only what is news is stored."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa

from stock_assets.lake import sql
from stock_assets.lake.compare import Compared, compare
from stock_assets.lake.loads import Stamp
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets_tests.lake.bars import NOW, bar, closes, rows

STORED = Stamp("1", NOW - timedelta(hours=2), NOW, "sandbox").on(
    rows(bar("A", close=1.0), bar("B", close=2.0))
)
RESTATED = Stamp("2", NOW - timedelta(hours=1), NOW, "sandbox").on(rows(bar("A", close=5.0)))


def compared(*bars: dict[str, object], keep_first: bool = False) -> Compared:
    connection = sql.connect()
    connection.register("one", STORED)
    connection.register("two", RESTATED)
    stored = "(from one union all from two)"
    return compare(connection, PRICES, rows(*bars), stored, now=NOW, keep_first=keep_first)


def test_rows_are_compared_with_the_newest_version_of_their_key() -> None:
    found = compared(bar("A", close=1.0), bar("B", close=2.0), bar("C", close=3.0))
    assert list(closes(found.rows).values()) == [1.0, 3.0]
    assert (found.restated, found.unchanged, found.kept) == (1, 1, 0)


def test_the_instant_of_a_new_row_is_its_own_and_of_a_restated_one_is_now() -> None:
    found = compared(bar("C", close=3.0), bar("A", close=6.0))
    assert found.rows["known_at"].to_pylist() == [bar()["known_at"], NOW]


def test_a_row_that_will_be_known_later_still_says_so_when_it_is_restated() -> None:
    later = NOW + timedelta(days=1)
    found = compared(bar("A", close=6.0, known_at=later))
    assert found.rows["known_at"].to_pylist() == [later]


def test_where_the_first_word_counts_others_are_counted_and_dropped() -> None:
    found = compared(bar("A", close=9.0), bar("B", close=2.0), bar("C"), keep_first=True)
    assert found.rows["symbol"].to_pylist() == ["C"]
    assert (found.restated, found.unchanged, found.kept) == (0, 1, 1)


def test_with_nothing_stored_everything_is_news() -> None:
    handed = rows(bar("A"), bar("B"))
    found = compare(sql.connect(), PRICES, handed, None, now=NOW, keep_first=False)
    assert found.rows is handed


def action(kind: str, *, split: float | None = None, dividend: float | None = None) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "vendor": "polygon",
                "symbol": "A",
                "kind": kind,
                "ex_date": date(2024, 1, 2),
                "split_ratio": split,
                "dividend_usd": dividend,
                "known_at": NOW,
            }
        ],
        schema=CORPORATE_ACTIONS.row_schema,
    )


def test_a_value_that_is_missing_on_both_sides_is_the_same_value() -> None:
    connection = sql.connect()
    connection.register("one", Stamp("1", NOW, NOW, "sandbox").on(action("split", split=2.0)))
    for handed, unchanged in ((action("split", split=2.0), 1), (action("split", split=3.0), 0)):
        found = compare(
            connection, CORPORATE_ACTIONS, handed, "(from one)", now=NOW, keep_first=False
        )
        assert (found.unchanged, found.restated) == (unchanged, 1 - unchanged)
