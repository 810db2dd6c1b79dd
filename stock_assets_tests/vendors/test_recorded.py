"""Answers that real vendors gave: each price answer becomes rows, or the right typed error."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from stock_assets.errors import ContractError, PayloadError
from stock_assets.vendors.polygon_aggs import parse_aggs
from stock_assets.vendors.polygon_grouped import parse_grouped
from stock_assets.vendors.polygon_reference import actions, by_symbol, changes, listing
from stock_assets.vendors.yahoo_chart import parse_chart
from stock_assets.vendors.yahoo_rows import chart_rows
from stock_assets_tests.conftest import SHARED_DATA
from stock_assets_tests.vendors.conftest import NOW

pytestmark = pytest.mark.realdata

FOREIGN = {
    "0P000071W8.TO": "currency is 'CAD'",
    "WSKT.JK": "currency is 'IDR'",
    "OCDO.L": "currency is 'GBp'",
}


def recorded(vendor: str, part: str) -> list[str]:
    """Files whose address holds ``part``; one placeholder where there are none to look at."""
    index = SHARED_DATA / "fixtures" / "INDEX.csv"
    if not index.is_file():
        return ["absent"]
    with index.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["vendor"] == vendor]
    return [row["file"] for row in rows if part in row["url"] and row["file"].endswith(".json")]


def read(shared_data: Path, file: str) -> bytes:
    return (shared_data / "fixtures" / file).read_bytes()


@pytest.mark.parametrize("file", recorded("yahoo", "/v8/finance/chart/"))
def test_a_recorded_chart_is_rows_or_a_named_reason(shared_data: Path, file: str) -> None:
    body = read(shared_data, file)
    with (shared_data / "fixtures" / "INDEX.csv").open(newline="") as lines:
        url = next(row["url"] for row in csv.DictReader(lines) if row["file"] == file)
    symbol = urlsplit(url).path.rsplit("/", 1)[1]
    reason = FOREIGN.get(symbol) or ("dataGranularity" if "interval=1m" in url else None)
    if reason:
        with pytest.raises(ContractError, match=reason):
            parse_chart(symbol, body)
        return
    found = chart_rows(
        symbol,
        parse_chart(symbol, body),
        (),
        date(2020, 1, 1),
        date(2024, 12, 31),
        date(2025, 1, 1),
    )
    assert found.prices.num_rows >= 1
    assert found.rejected is None
    assert min(found.prices["low_usd"].to_pylist()) > 0
    with pytest.raises(PayloadError):
        parse_chart(symbol, body[: len(body) // 2])


@pytest.mark.parametrize("file", recorded("polygon", "/range/1/day/"))
def test_recorded_aggregates_are_adjusted_and_refused_or_rows(shared_data: Path, file: str) -> None:
    body = read(shared_data, file)
    with pytest.raises(ContractError, match="adjusted is True"):
        parse_aggs([("AAPL", body)])
    as_asked = body.replace(b'"adjusted":true', b'"adjusted":false')
    as_asked = as_asked.replace(b'"adjusted": true', b'"adjusted": false')
    rows = orjson.loads(body)["results"]
    table = parse_aggs([("AAPL", as_asked)])
    assert table["close_usd"].to_pylist() == [row["c"] for row in rows]
    assert table["volume_shares"].to_pylist() == [row["v"] for row in rows]
    assert table["known_at"].null_count == 0


@pytest.mark.parametrize("file", recorded("polygon", "/v2/aggs/grouped/"))
def test_a_recorded_grouped_day_is_of_the_day_of_its_rows(shared_data: Path, file: str) -> None:
    body = read(shared_data, file).replace(b'"adjusted": true', b'"adjusted": false')
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
