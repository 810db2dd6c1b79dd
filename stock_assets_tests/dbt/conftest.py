"""One story, built four times by the real dbt, that the tests of this folder look at.

Belongs here: the story and its builds. Does not belong here: what must be true of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from stock_assets.tables import CORPORATE_ACTIONS, EVALUATIONS, PREDICTIONS, PRICES, SESSIONS
from stock_assets_tests.dbt.running import SmallWarehouse
from stock_assets_tests.dbt.small_lake import Rows, SmallLake
from stock_assets_tests.dbt.small_market import Market, action, bar, generate, session_rows

BASE = 99
"""Number of the last session of the first build."""


@dataclass(frozen=True)
class Story:
    """What was stored, what was printed, and the features after each build."""

    market: Market
    lake: SmallLake
    first_words: str
    first: dict[str, pa.Table]
    continued: dict[str, pa.Table]
    rebuilt: dict[str, pa.Table]
    other_future: dict[str, pa.Table]
    warehouse: SmallWarehouse


@pytest.fixture(scope="package")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Build; continue after all that can happen; build anew; continue into another future."""
    root = tmp_path_factory.mktemp("story")
    market = generate(symbols=8, count=120)
    warehouse = SmallWarehouse(root)

    lake = SmallLake(root / "lake")
    _store_base(lake, market)
    first_words = warehouse.dbt("build", lake=lake)
    first = _tables(warehouse)

    _store_everything_that_can_happen(lake, market)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", lake=lake)
    continued = _tables(warehouse)
    warehouse.dbt("run", "--full-refresh")
    rebuilt = _tables(warehouse)

    elsewhere = SmallLake(root / "elsewhere", name="E")
    _store_another_future(elsewhere, lake, market)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", lake=elsewhere)
    return Story(
        market, lake, first_words, first, continued, rebuilt, _tables(warehouse), warehouse
    )


def _tables(warehouse: SmallWarehouse) -> dict[str, pa.Table]:
    names = {
        "features.features_daily": "symbol, session",
        "labels.labels_next_session": "symbol, session",
        "marts.training_set": "symbol, session",
        "marts.prediction_inputs": "symbol, session",
        "marts.prices_daily": "symbol, session",
        "intermediate.int_prices__adjusted": "symbol, epoch, session",
        "intermediate.int_prices__corrections": "vendor, symbol, session, version_no",
        "monitoring.predictions": "symbol, session, model_version",
        "monitoring.prediction_outcomes": "symbol, session, model_version",
        "monitoring.model_performance": "model_name, model_version, source, metric",
    }
    return {
        name.split(".")[1]: warehouse.rows(f"select * from {name} order by {key}")
        for name, key in names.items()
    }


def _store_base(lake: SmallLake, market: Market) -> None:
    lake.append(SESSIONS, session_rows())
    lake.append(PRICES, market.prices_between(0, BASE))
    lake.append(CORPORATE_ACTIONS, market.actions_between(0, BASE))
    lake.append(PREDICTIONS, _predictions(market, 0.6))
    lake.append(PREDICTIONS, _predictions(market, 0.2))
    lake.append(EVALUATIONS, _evaluations(market, 0.55))
    lake.append(EVALUATIONS, _evaluations(market, 0.53))


def _store_everything_that_can_happen(lake: SmallLake, market: Market) -> None:
    """New sessions for all; one surprise for each of S001 to S007.

    Polygon is asked about S002 for the first time; of S006 Yahoo tells a split late.
    """
    days = market.days
    lake.append(PRICES, market.prices_between(BASE + 1, 119))
    lake.append(CORPORATE_ACTIONS, market.actions_between(BASE + 1, 119))
    gap = days[60]
    lake.append(PRICES, [bar("yahoo", "S001", gap, 50.0)])
    told_late = {"known_at": days[107].open_at}
    lake.append(
        CORPORATE_ACTIONS,
        [
            action("polygon", "S002", "split", days[70].day, 1.25),
            action("yahoo", "S006", "split", days[75].day, 1.25, **told_late),
        ],
    )
    restated = {"known_at": days[105].open_at}
    lake.append(
        PRICES,
        [
            bar(vendor, "S003", days[n], 77.0 + n, **restated)
            for vendor in ("polygon", "yahoo")
            for n in (60, 98, 102)
        ],
    )
    dividend = next(
        row
        for row in market.actions
        if row["symbol"] == "S004" and row["kind"] == "dividend" and row["vendor"] == "yahoo"
    )
    lake.append(
        CORPORATE_ACTIONS,
        [
            {**dividend, "dividend_usd": 3.25, "known_at": days[108].open_at},
            action("yahoo", "S004", "dividend", days[101].day, 1.5, known_at=days[110].close_at),
        ],
    )
    lake.append(PRICES, [bar("polygon", "S005", days[n], 33.0) for n in range(95, 100)])
    known_before_decisions_that_were_built = {"known_at": days[97].open_at}
    lake.append(
        PRICES, [bar("yahoo", "S007", days[90], 12.0, **known_before_decisions_that_were_built)]
    )


def _store_another_future(elsewhere: SmallLake, lake: SmallLake, market: Market) -> None:
    """The same loads up to BASE, and then prices, splits and restatements unlike the first ones."""
    decided = market.days[BASE].decision_at
    elsewhere.files["sessions"] = lake.files["sessions"]
    elsewhere.files["prices"] = lake.files["prices"][:1]
    elsewhere.files["corporate_actions"] = lake.files["corporate_actions"][:1]
    later = [
        {**row, "close_usd": row["close_usd"] * 1.9, "high_usd": row["high_usd"] * 2}
        for row in market.prices_between(BASE + 1, 119)
        if row["symbol"] != "S006"
    ]
    old = [
        {**row, "close_usd": row["close_usd"] * 0.7, "known_at": market.days[BASE + 1].close_at}
        for row in market.prices_between(40, BASE)
    ]
    assert all(row["known_at"] > decided for row in later + old)
    elsewhere.append(PRICES, later + old)
    elsewhere.append(
        CORPORATE_ACTIONS,
        [action("polygon", s, "split", market.days[BASE + 3].day, 1.25) for s in market.symbols],
    )


def _predictions(market: Market, probability: float) -> Rows:
    """Two symbols on the sessions before and on BASE; the outcome of the last is not known yet."""
    return [
        {
            "symbol": symbol,
            "session": market.days[n].day,
            "target_session": market.days[n + 1].day,
            "model_name": "next_session_direction",
            "model_version": "1",
            "probability_up": probability,
            "direction": "up" if probability > 0.5 else "down",
            "evidence": "no_evidence",
            "decided_at": market.days[n].decision_at,
            "created_at": market.days[n].decision_at,
            "known_at": market.days[n].decision_at,
        }
        for symbol in ("S003", "S007")
        for n in range(BASE - 3, BASE + 1)
    ]


def _evaluations(market: Market, estimate: float) -> Rows:
    row: dict[str, Any] = {
        "run_id": f"run-{estimate}",
        "model_name": "base_rate",
        "model_version": None,
        "metric": "auc",
        "estimate": estimate,
        "low": 0.5,
        "high": 0.6,
        "rows_judged": 100,
        "sessions_judged": 10,
        "first_session": market.days[0].day,
        "last_session": market.days[9].day,
        "known_at": market.days[BASE].decision_at,
    }
    return [row]
