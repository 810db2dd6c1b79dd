"""Splits told wrongly (D08): the closes say which telling counts, or nothing adjusted is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from stock_assets.tables import CORPORATE_ACTIONS, PRICES, SESSIONS
from stock_assets_tests.dbt.running import SmallWarehouse
from stock_assets_tests.dbt.small_lake import Rows, SmallLake
from stock_assets_tests.dbt.small_market import action, bar, session_rows, sessions

pytestmark = pytest.mark.slow

TRUE: Final = 20
"""The session on which a share of everybody is split in two: a holding is worth the same."""
LAST: Final = 39
LATE_TRUE: Final = 43
"""The session on which LATE's share is split; its vendor said first that it would be 41."""
DAYS: Final = sessions()
SETTLED: Final = ("ONCE", "TWICE", "MISSED", "EARLY", "MOVED", "RATIO", "DOUBLE")
BUILD: Final = ("build", "--exclude-resource-type", "unit_test")
EVERYTHING_ADJUSTED: Final = (
    "int_prices__adjusted",
    "features_daily",
    "labels_next_session",
    "training_set",
    "prices_daily",
)


def split(vendor: str, symbol: str, at: int, ratio: float = 2.0) -> dict[str, Any]:
    return action(vendor, symbol, "split", DAYS[at].day, ratio)


def bars(first: int, last: int) -> Rows:
    """Everybody's bars: a price that wavers by a cent, halved where a split is true."""

    def close(symbol: str, n: int) -> float:
        true = {"LATE": LATE_TRUE, "FALSE": 10_000, "SMALL": 10_000}.get(symbol, TRUE)
        return (100.0 + n % 2 / 100) / (2.0 if n >= true else 1.0)

    return [
        bar("yahoo", symbol, DAYS[n], close(symbol, n), volume_shares=1000.0 + n)
        for symbol in (*SETTLED, "NOBODY", "FALSE", "SMALL", "LATE")
        for n in range(first, last + 1)
    ]


TOLD: Final = [
    *(split(vendor, "ONCE", TRUE) for vendor in ("yahoo", "polygon")),
    split("yahoo", "TWICE", TRUE),
    split("yahoo", "MISSED", TRUE),
    split("polygon", "EARLY", TRUE - 1),
    split("yahoo", "EARLY", TRUE),
    split("yahoo", "MOVED", TRUE - 1),
    split("polygon", "RATIO", TRUE, 4.0),
    split("yahoo", "RATIO", TRUE),
    split("yahoo", "DOUBLE", TRUE - 1),
    split("yahoo", "DOUBLE", TRUE),
    split("yahoo", "SMALL", LAST - 1, 1.25),
]
TOLD_AGAIN: Final = [split("yahoo", "TWICE", TRUE), split("yahoo", "MOVED", TRUE)]


@dataclass(frozen=True)
class Told:
    """What dbt said and built: at first, when nobody knew what happened, when that was mended."""

    first_words: str
    first: dict[str, Rows]
    blocked_words: str
    blocked: dict[str, Rows]
    healed: dict[str, Rows]
    calm: dict[str, Rows]


def tables(warehouse: SmallWarehouse) -> dict[str, Rows]:
    names = {
        "prices_daily": "select * from marts.prices_daily order by symbol, session",
        "features_daily": "select * exclude (input_fingerprint) from features.features_daily "
        "order by symbol, session",
        "counted": "select symbol, ex_date, split_ratio from "
        "intermediate.int_corporate_actions__reconciled where is_current order by all",
        "contradicted": "select * from intermediate.int_splits__contradicted where is_current "
        "order by symbol, vendor, ex_date",
        "as_traded": "select * from intermediate.int_prices__reconciled where is_current "
        "order by symbol, session",
    }
    return {name: warehouse.rows(sql).to_pylist() for name, sql in names.items()}


def of(rows: Rows, *symbols: str) -> Rows:
    return [row for row in rows if row["symbol"] in symbols]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    root: Path = tmp_path_factory.mktemp("splits")
    warehouse, lake = SmallWarehouse(root), SmallLake(root / "lake")
    lake.append(SESSIONS, session_rows())
    lake.append(PRICES, bars(0, LAST))
    lake.append(CORPORATE_ACTIONS, TOLD)
    lake.append(CORPORATE_ACTIONS, TOLD_AGAIN)
    first_words = warehouse.dbt(*BUILD, lake=lake)
    first = tables(warehouse)

    lake.append(PRICES, bars(LAST + 1, LATE_TRUE - 1))
    lake.append(
        CORPORATE_ACTIONS, [split("yahoo", "LATE", LATE_TRUE - 2), split("yahoo", "FALSE", LAST)]
    )
    attempt = warehouse.attempt(*BUILD, lake=lake)
    assert attempt.returncode == 1, attempt.stdout[-3000:]
    blocked = tables(warehouse)

    lake.append(PRICES, bars(LATE_TRUE, LATE_TRUE + 2))
    lake.append(
        CORPORATE_ACTIONS,
        [split("yahoo", "LATE", LATE_TRUE), split("polygon", "SMALL", LAST + 2, 1.25)],
    )
    verdict = f'{{split_verdicts: {{"FALSE {DAYS[LAST].day}": ignored}}}}'
    warehouse.dbt(*BUILD, "--vars", verdict, lake=lake)
    healed = tables(warehouse)

    beside, sound = SmallWarehouse(tmp_path_factory.mktemp("calm")), SmallLake(root / "sound")
    sound.append(SESSIONS, session_rows())
    sound.append(PRICES, bars(0, LATE_TRUE + 2))
    true = [split("yahoo", symbol, TRUE) for symbol in SETTLED]
    sound.append(CORPORATE_ACTIONS, [*true, split("yahoo", "LATE", LATE_TRUE)])
    beside.dbt(*BUILD, lake=sound)
    return Told(first_words, first, attempt.stdout, blocked, healed, tables(beside))


@pytest.mark.parametrize("symbol", SETTLED)
def test_d08_a_split_counts_once_and_on_its_day_however_it_is_told(told: Told, symbol: str) -> None:
    counted = of(told.first["counted"], symbol)
    assert [(row["ex_date"], row["split_ratio"]) for row in counted] == [(DAYS[TRUE].day, 2.0)]
    closes = {row["adj_close_usd"] for row in of(told.first["prices_daily"], symbol)}
    assert min(closes) == 50.0
    assert max(closes) == pytest.approx(50.005)


def test_d08_what_the_closes_deny_is_told_with_the_closes(told: Told) -> None:
    denied = {
        (row["symbol"], row["vendor"], row["ex_date"], row["split_ratio"])
        for row in told.first["contradicted"]
    }
    early = DAYS[TRUE - 1].day
    assert denied == {
        ("EARLY", "polygon", early, 2.0),
        ("MOVED", "yahoo", early, 2.0),
        ("DOUBLE", "yahoo", early, 2.0),
        ("RATIO", "polygon", DAYS[TRUE].day, 4.0),
    }
    assert all(row["is_settled"] for row in told.first["contradicted"])
    (ratio,) = of(told.first["contradicted"], "RATIO")
    assert (ratio["previous_close_usd"], ratio["close_usd"]) == (100.01, 50.0)


def test_d08_a_fall_that_no_split_explains_stops_nothing_for_it_may_be_one(told: Told) -> None:
    """Where the bars came in, the check ``plausible`` has warned of it."""
    assert "WARN=0 ERROR=0 SKIP=0" in told.first_words
    closes = {row["session"]: row for row in of(told.first["prices_daily"], "NOBODY")}
    assert all(row["adj_close_usd"] == row["close_usd"] for row in closes.values())


def test_d08_a_split_that_the_closes_deny_stops_what_is_adjusted_and_no_bar(told: Told) -> None:
    assert "Failure in test every_split_shows_in_the_closes" in told.blocked_words
    lines = told.blocked_words.splitlines()
    skipped = [line for line in lines if "SKIP relation" in line]
    for name in EVERYTHING_ADJUSTED:
        assert any(f".{name} " in line for line in skipped), name
    assert not any("int_prices__reconciled" in line for line in skipped)
    unsettled = [row for row in told.blocked["contradicted"] if not row["is_settled"]]
    assert [(row["symbol"], row["ex_date"]) for row in unsettled] == [
        ("FALSE", DAYS[LAST].day),
        ("LATE", DAYS[LATE_TRUE - 2].day),
    ]
    for name in ("prices_daily", "features_daily", "counted"):
        assert told.blocked[name] == told.first[name]
    newest = max(row["session"] for row in told.blocked["as_traded"])
    assert newest == DAYS[LATE_TRUE - 1].day
    late = {row["session"]: row["close_usd"] for row in of(told.blocked["as_traded"], "LATE")}
    assert late[DAYS[LATE_TRUE - 2].day] == 100.01


def test_d08_when_it_is_corrected_all_is_as_if_it_had_never_been_told_wrongly(told: Told) -> None:
    symbols = (*SETTLED, "NOBODY", "FALSE", "LATE")
    for name in ("prices_daily", "features_daily", "counted"):
        assert of(told.healed[name], *symbols) == of(told.calm[name], *symbols)
    assert told.calm["contradicted"] == []
    assert all(row["is_settled"] for row in told.healed["contradicted"])


def test_d08_another_day_told_later_changes_nothing_that_was_decided_before(told: Told) -> None:
    """Too small for the closes to tell; the vendor who comes first names a later day."""
    before = of(told.first["features_daily"], "SMALL")
    assert len(before) == LAST + 1
    assert of(told.healed["features_daily"], "SMALL")[: LAST + 1] == before
    counted = of(told.healed["counted"], "SMALL")
    assert [(row["ex_date"], row["split_ratio"]) for row in counted] == [(DAYS[LAST + 2].day, 1.25)]
