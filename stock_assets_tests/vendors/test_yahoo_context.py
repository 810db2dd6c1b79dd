"""Indices and currencies through yfinance, against the twin and against odd charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    BadSymbol,
    ContractError,
    NotFound,
    PayloadError,
    RateLimited,
    VendorError,
)
from stock_assets.market import calendar
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.indices import index, pair
from stock_assets.tables import FX_RATES, INDEX_PRICES
from stock_assets.vendors.yahoo import YAHOO, Yahoo
from stock_assets.vendors.yahoo_context import YahooContext
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.stub import Reply, json_reply, reply, serving

FIRST, LAST = date(2024, 1, 2), date(2026, 11, 20)
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
PRICES = ("open", "high", "low", "close")
GOLDEN_DAYS = (date(2026, 7, 2), date(2026, 7, 3), date(2026, 7, 6))


@pytest.fixture
def yahoo(workshop: Workshop, twin: RunningTwin, tmp_path: Path) -> YahooContext:
    return YahooContext(workshop.transport(twin.url, YAHOO), tmp_path / "y", now=lambda: NOW)


def chart(symbol: str = "^VIX", **changes: Any) -> dict[str, Any]:
    """Three days around a holiday; ``changes`` replace parts of the meta."""
    is_index = symbol.startswith("^")
    zone = NEW_YORK if is_index else LONDON
    hour = (9, 30) if is_index else (0, 0)
    stamps = [
        int(datetime(d.year, d.month, d.day, *hour, tzinfo=zone).timestamp()) for d in GOLDEN_DAYS
    ]
    meta = {
        "currency": "INR" if symbol == "USDINR=X" else "USD",
        "symbol": symbol,
        "instrumentType": "INDEX" if is_index else "CURRENCY",
        "exchangeTimezoneName": zone.key,
        "dataGranularity": "1d",
        "validRanges": ["1d"],
    }
    quote = {name: [17.5, 18.25, 19.0] for name in PRICES} | {"volume": [0, 0, 0]}
    result = {
        "meta": {**meta, **changes},
        "timestamp": stamps,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]},
    }
    return {"chart": {"result": [result], "error": None}}


def part(content: dict[str, Any]) -> Any:
    return content["chart"]["result"][0]


def stubbed(workshop: Workshop, tmp_path: Path, url: str) -> YahooContext:
    return YahooContext(workshop.transport(url, YAHOO), tmp_path / "y", now=lambda: NOW)


@pytest.mark.parametrize("symbol", ["^GSPC", "^IXIC", "^VIX"])
def test_an_index_is_the_truth_in_one_chart(
    yahoo: YahooContext, twin: RunningTwin, symbol: str
) -> None:
    found = yahoo.index(symbol, FIRST, LAST)
    assert found.rows.schema == INDEX_PRICES.row_schema
    assert len(found.answers) == 1
    bars = index(twin.twin.truth, symbol).bars.between(FIRST, LAST)
    sessions = {session.day: session.close_at for session in calendar().between(FIRST, LAST)}
    is_session = np.array([day in sessions for day in bars.days.tolist()])
    assert found.rows["session"].to_pylist() == bars.days[is_session].tolist() == list(sessions)
    for name in PRICES:
        told = found.rows[f"{name}_points"].to_numpy()
        assert np.array_equal(told, getattr(bars, name)[is_session])
    late = timedelta(minutes=15 if symbol == "^VIX" else 0)
    closes = [close + late for close in sessions.values()]
    assert found.rows["known_at"].to_pylist() == closes


def test_bars_of_the_volatility_index_on_holidays_are_put_aside(yahoo: YahooContext) -> None:
    """D04."""
    found = yahoo.index("^VIX", date(2026, 1, 1), LAST)
    assert found.rejected is not None
    assert found.rejected["session"].to_pylist() == [
        date(2026, 1, 19),
        date(2026, 2, 16),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2026, 9, 7),
    ]
    assert set(found.rejected["rule"].to_pylist()) == {"bar_on_a_session"}
    assert yahoo.index("^GSPC", date(2026, 1, 1), LAST).rejected is None


def test_an_index_without_volume_has_none(yahoo: YahooContext) -> None:
    days = (date(2026, 11, 16), LAST)
    assert yahoo.index("^VIX", *days).rows["volume_shares"].null_count == 5
    assert yahoo.index("^GSPC", *days).rows["volume_shares"].null_count == 0


def test_a_currency_is_the_truth_of_london_also_on_american_holidays(
    yahoo: YahooContext, twin: RunningTwin
) -> None:
    found = yahoo.currency("INR", FIRST, LAST)
    assert found.rows.schema == FX_RATES.row_schema
    bars = pair(twin.twin.truth.seed, "USDINR=X").between(FIRST, date(2026, 11, 19))
    assert found.rows["day"].to_pylist() == bars.days.tolist()
    assert date(2026, 7, 3) in found.rows["day"].to_pylist()
    for name in PRICES:
        assert np.array_equal(found.rows[f"{name}_per_usd"].to_numpy(), getattr(bars, name))
    known = dict(
        zip(found.rows["day"].to_pylist(), found.rows["known_at"].to_pylist(), strict=True)
    )
    assert known[date(2026, 7, 3)] == datetime(2026, 7, 3, 23, tzinfo=UTC)
    assert known[date(2026, 11, 19)] == datetime(2026, 11, 20, 0, tzinfo=UTC)
    assert found.unfinished == 1


def test_euros_are_turned_over_with_their_high_and_low(
    yahoo: YahooContext, twin: RunningTwin
) -> None:
    found = yahoo.currency("EUR", date(2026, 11, 2), LAST).rows
    bars = pair(twin.twin.truth.seed, "EURUSD=X").between(date(2026, 11, 2), date(2026, 11, 19))
    assert found["close_per_usd"].to_numpy() == pytest.approx(1 / bars.close)
    assert found["high_per_usd"].to_numpy() == pytest.approx(1 / bars.low)
    assert found["low_per_usd"].to_numpy() == pytest.approx(1 / bars.high)


@pytest.mark.parametrize("at", ["2026-11-20T15:00", "2026-11-20T21:10", "2026-11-20T21:15"])
def test_a_bar_counts_once_its_session_is_final(
    workshop: Workshop, twin: RunningTwin, tmp_path: Path, at: str
) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    twin.clock.fix(now)
    try:
        transport = workshop.transport(twin.url, YAHOO)
        found = YahooContext(transport, tmp_path / "y", now=lambda: now).index(
            "^GSPC", date(2026, 11, 18), LAST
        )
    finally:
        twin.clock.fix(NOW)
    is_final = at.endswith("21:15")
    assert (max(found.rows["session"].to_pylist()) == LAST) is is_final
    assert found.unfinished == (not is_final)


def test_a_currency_is_collected_while_new_york_keeps_a_holiday(
    workshop: Workshop, twin: RunningTwin, tmp_path: Path
) -> None:
    now = datetime(2026, 7, 5, 12, tzinfo=UTC)
    twin.clock.fix(now)
    try:
        transport = workshop.transport(twin.url, YAHOO)
        context = YahooContext(transport, tmp_path / "y", now=lambda: now)
        rows = context.currency("INR", date(2026, 7, 3), date(2026, 7, 3)).rows
    finally:
        twin.clock.fix(NOW)
    assert rows["day"].to_pylist() == [date(2026, 7, 3)]


def test_a_recorded_form_of_chart_is_read(workshop: Workshop, tmp_path: Path) -> None:
    with serving(json_reply(chart("^VIX", exchangeTimezoneName="America/Chicago"))) as stub:
        found = stubbed(workshop, tmp_path, stub.url).index("^VIX", *GOLDEN_DAYS[::2])
    assert found.rows["session"].to_pylist() == [GOLDEN_DAYS[0], GOLDEN_DAYS[2]]
    assert found.rows["close_points"].to_pylist() == [17.5, 19.0]
    assert found.rejected is not None
    assert found.rejected["session"].to_pylist() == [GOLDEN_DAYS[1]]


def test_a_row_without_values_is_missing_and_weekends_are_put_aside(
    workshop: Workshop, tmp_path: Path
) -> None:
    content = chart("USDINR=X")
    stamps, quote = part(content)["timestamp"], part(content)["indicators"]["quote"][0]
    stamps[1] += 86_400
    for name in (*PRICES, "volume"):
        quote[name][0] = None
    with serving(json_reply(content)) as stub:
        found = stubbed(workshop, tmp_path, stub.url).currency("INR", *GOLDEN_DAYS[::2])
    assert found.missing == (GOLDEN_DAYS[0],)
    assert found.rows["day"].to_pylist() == [GOLDEN_DAYS[2]]
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == ["bar_on_a_weekday"]


def test_a_live_bar_beside_the_proper_one_is_left_out(workshop: Workshop, tmp_path: Path) -> None:
    """D02."""
    content = chart("^GSPC")
    part(content)["timestamp"].append(part(content)["timestamp"][-1] + 3_600)
    for name in (*PRICES, "volume"):
        part(content)["indicators"]["quote"][0][name].append(99.0)
    with serving(json_reply(content)) as stub:
        found = stubbed(workshop, tmp_path, stub.url).index("^GSPC", *GOLDEN_DAYS[::2])
    assert found.rows["close_points"].to_pylist() == [17.5, 19.0]
    assert found.unfinished == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"symbol": "^GSPC"}, id="C15-symbol"),
        pytest.param({"currency": "GBp"}, id="D10-currency"),
        pytest.param({"instrumentType": "EQUITY"}, id="C15-kind"),
        pytest.param({"exchangeTimezoneName": "Asia/Tokyo"}, id="D06-zone"),
        pytest.param({"dataGranularity": "1wk"}, id="C15-interval"),
    ],
)
def test_a_chart_of_something_else_is_refused(
    workshop: Workshop, tmp_path: Path, change: dict[str, str]
) -> None:
    other = json_reply(chart(**{"symbol": "^VIX", **change}))
    with serving(other) as stub, pytest.raises(ContractError):
        stubbed(workshop, tmp_path, stub.url).index("^VIX", *GOLDEN_DAYS[::2])


def _longer(content: dict[str, Any]) -> None:
    part(content)["indicators"]["quote"][0]["close"].append(1.0)


def _texts(content: dict[str, Any]) -> None:
    part(content)["indicators"]["quote"][0]["open"][0] = "17.5"


def _milliseconds(content: dict[str, Any]) -> None:
    part(content)["timestamp"] = [stamp * 1000 for stamp in part(content)["timestamp"]]


def _fractions(content: dict[str, Any]) -> None:
    part(content)["timestamp"][0] += 0.5


def _two_results(content: dict[str, Any]) -> None:
    content["chart"]["result"] *= 2


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_longer, id="C09"),
        pytest.param(_texts, id="C07"),
        pytest.param(_milliseconds, id="D05"),
        pytest.param(_fractions, id="C07-stamps"),
        pytest.param(_two_results, id="C15-results"),
    ],
)
def test_a_chart_of_another_form_is_refused(workshop: Workshop, tmp_path: Path, spoil: Any) -> None:
    content = chart("^VIX")
    spoil(content)
    with serving(json_reply(content)) as stub, pytest.raises(ContractError):
        stubbed(workshop, tmp_path, stub.url).index("^VIX", *GOLDEN_DAYS[::2])


def _refused(code: str, status: int) -> Reply:
    error = {"code": code, "description": "No data found, symbol may be delisted"}
    return json_reply({"chart": {"result": None, "error": error}}, status)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(_refused("Not Found", 404), NotFound, id="404"),
        pytest.param(_refused("Unauthorized", 401), AuthError, id="401"),
        pytest.param(reply(b"Too Many Requests", 429), RateLimited, id="429"),
        pytest.param(reply(orjson.dumps(chart())[:300]), PayloadError, id="C01-truncated"),
    ],
)
def test_refusals_pass_through_the_client_as_typed_errors(
    workshop: Workshop, tmp_path: Path, answer: Reply, kind: type[VendorError]
) -> None:
    with serving(answer) as stub, pytest.raises(kind):
        stubbed(workshop, tmp_path, stub.url).index("^VIX", *GOLDEN_DAYS[::2])


def test_nothing_in_range_is_no_error(yahoo: YahooContext, twin: RunningTwin) -> None:
    assert yahoo.index("^GSPC", date(1999, 1, 4), date(1999, 2, 1)).rows.num_rows == 0
    before = len(twin.requests("yahoo"))
    assert yahoo.index("^GSPC", date(2026, 11, 21), date(2026, 12, 1)).rows.num_rows == 0
    assert len(twin.requests("yahoo")) == before


def test_an_index_is_expected_to_have_the_sessions_that_are_over(yahoo: YahooContext) -> None:
    week = (date(2026, 11, 14), date(2026, 11, 30))
    found = yahoo.sessions(*week)
    assert found == tuple(yahoo.index("^GSPC", *week).rows["session"].to_pylist())
    assert yahoo.sessions(date(2026, 7, 2), date(2026, 7, 6)) == GOLDEN_DAYS[::2], "a holiday"
    assert yahoo.sessions(date(1989, 12, 25), date(1990, 1, 2)) == (date(1990, 1, 2),)


def test_a_currency_is_expected_on_weekdays_but_on_two_holidays(yahoo: YahooContext) -> None:
    week = (date(2026, 11, 14), date(2026, 11, 30))
    found = yahoo.london_days(*week)
    assert found == tuple(yahoo.currency("INR", *week).rows["day"].to_pylist())
    days = yahoo.london_days(date(2024, 12, 23), date(2025, 1, 3))
    assert days == tuple(
        date(2024, 12, 23) + timedelta(days=step) for step in (0, 1, 3, 4, 7, 8, 10, 11)
    )
    assert yahoo.london_days(date(2026, 12, 1), date(2026, 12, 3)) == ()


@pytest.mark.parametrize("name", ["AAPL", "^DJI", "", "USDINR=X", "../etc", "^VIX\n"])
def test_what_is_not_collected_is_refused_before_anything_is_asked(
    yahoo: YahooContext, twin: RunningTwin, name: str
) -> None:
    before = len(twin.requests("yahoo"))
    with pytest.raises(BadSymbol):
        yahoo.index(name, FIRST, LAST)
    with pytest.raises(BadSymbol):
        yahoo.currency(name, FIRST, LAST)
    with pytest.raises(BadRange):
        yahoo.index("^VIX", LAST, FIRST)
    assert len(twin.requests("yahoo")) == before


def test_shares_and_indices_can_be_asked_for_in_turn(
    workshop: Workshop, twin: RunningTwin, tmp_path: Path, yahoo: YahooContext
) -> None:
    shares = Yahoo(workshop.transport(twin.url, YAHOO), tmp_path / "s", now=lambda: NOW)
    days = (date(2026, 11, 16), LAST)
    for _ in range(2):
        assert shares.bars("AAPL", *days).prices.num_rows == 5
        assert yahoo.index("^IXIC", *days).rows.num_rows == 5
