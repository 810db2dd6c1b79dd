"""Values of recorded prices, actions and listings; what comes of each answer is in the table."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import orjson
import pytest

from stock_assets.errors import ContractError
from stock_assets.vendors.polygon_aggs import parse_aggs
from stock_assets.vendors.polygon_grouped import parse_grouped
from stock_assets.vendors.polygon_reference import actions, by_symbol, changes, listing
from stock_assets.vendors.yahoo_chart import parse_chart
from stock_assets.vendors.yahoo_rows import chart_rows
from stock_assets_tests.vendors.conftest import NOW

pytestmark = pytest.mark.realdata


AGGREGATES = [
    "polygon/aggs_AAPL_1_day_2023-01-01_2023-01-10.json",
    "polygon/v2_aggs_ticker_AAPL_range_1_day_2005-04-01_2005-04-04.json",
]
GROUPED = "polygon/v2_aggs_grouped_locale_us_market_stocks_2005-04-04_adjusted=true.json"


def read(shared_data: Path, file: str) -> bytes:
    return (shared_data / "fixtures" / file).read_bytes()


@pytest.mark.parametrize(("symbol", "kind"), [("QQQ", "chart"), ("SPOT", "historical-via-chart")])
def test_a_recorded_chart_has_the_values_that_yahoo_once_gave_as_a_file(
    shared_data: Path, symbol: str, kind: str
) -> None:
    days = "2020-01-01-to-2020-01-03"
    body = read(shared_data, f"yahoo/{kind}-{symbol}-{days}.json")
    with (shared_data / f"fixtures/yahoo/2021_historical-{symbol}-{days}.csv").open() as lines:
        (said,) = csv.DictReader(lines)
    day = date(2020, 1, 2)
    found = chart_rows(symbol, parse_chart(symbol, body), (), day, day, date(2025, 1, 1))
    (row,) = found.prices.to_pylist()
    assert row["session"] == date.fromisoformat(said["Date"])
    for name in ("Open", "High", "Low", "Close"):
        assert row[f"{name.lower()}_usd"] == pytest.approx(float(said[name]), abs=1e-5)
    assert row["volume_shares"] == float(said["Volume"])


@pytest.mark.parametrize("file", AGGREGATES)
def test_recorded_aggregates_are_rows_once_they_are_as_traded(shared_data: Path, file: str) -> None:
    body = read(shared_data, file)
    as_asked = body.replace(b'"adjusted":true', b'"adjusted":false')
    as_asked = as_asked.replace(b'"adjusted": true', b'"adjusted": false')
    rows = orjson.loads(body)["results"]
    table = parse_aggs([("AAPL", as_asked)])
    assert table["close_usd"].to_pylist() == [row["c"] for row in rows]
    assert table["volume_shares"].to_pylist() == [row["v"] for row in rows]
    assert table["known_at"].null_count == 0


def test_a_recorded_grouped_day_is_of_the_day_of_its_rows(shared_data: Path) -> None:
    body = read(shared_data, GROUPED).replace(b'"adjusted": true', b'"adjusted": false')
    assert parse_grouped(date(2020, 10, 14), ["GIK"], body)["close_usd"].to_pylist() == [10.02]
    with pytest.raises(ContractError, match="another day"):
        parse_grouped(date(2005, 4, 4), ["GIK"], body)


def test_recorded_reference_data_is_understood(shared_data: Path) -> None:
    def load(name: str) -> dict[str, object]:
        loaded: dict[str, object] = orjson.loads(read(shared_data, f"polygon/{name}.json"))
        return loaded

    splits = load("v3_reference_splits")["results"]
    paid = load("v3_reference_dividends")["results"]
    assert isinstance(splits, list)
    assert isinstance(paid, list)
    span = (date(2020, 1, 1), date(2030, 12, 31))
    found = actions(["GOOGL", "BRW", "CIG.C", "CSSEN"], *span, splits, paid)
    ratios = [r["split_ratio"] for r in found.rows.to_pylist() if r["kind"] == "split"]
    assert sorted(ratios) == pytest.approx([0.5, 4 / 3, 20])
    assert any(r["symbol"] == "CSSEN" for r in found.rows.to_pylist())
    events = changes("GET events", load("vX_reference_tickers_META_events_types=ticker_change"))
    tickers = load("v3_reference_tickers")["results"]
    assert isinstance(tickers, list)
    agilent = listing("A", by_symbol(["A"], tickers)["A"], (), NOW)
    assert (agilent["exchange"], agilent["figi"]) == ("XNYS", "BBG000C2V3D6")
    meta = listing("META", {"active": True}, events, NOW)
    assert (meta["formerly"], meta["renamed_on"]) == ("FB", date(2022, 6, 11))
