"""Yahoo through yfinance, against the twin."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    BadSymbol,
    ContractError,
    NotFound,
    PayloadError,
    RateLimited,
    SecurityError,
    TransportError,
    VendorError,
    VendorOutage,
)
from stock_assets.sandbox.server import RunningTwin
from stock_assets.vendors.transport import Limits
from stock_assets.vendors.yahoo import YAHOO, Yahoo, yahoo_symbol
from stock_assets_tests.vendors import stub
from stock_assets_tests.vendors.conftest import NOW, Kept, Workshop
from stock_assets_tests.vendors.stub import Reply, json_reply, reply, serving
from stock_assets_tests.vendors.test_polygon import HOSTILE
from stock_assets_tests.vendors.test_yahoo_chart import body, chart

FIRST, LAST = date(2016, 1, 4), date(2026, 11, 20)
CHART_DAY = date(2024, 3, 11)


@pytest.fixture
def yahoo(workshop: Workshop, twin: RunningTwin, tmp_path: Path) -> Yahoo:
    return Yahoo(workshop.transport(twin.url, YAHOO), tmp_path / "yahoo", now=lambda: NOW)


def charts(twin: RunningTwin) -> int:
    return sum("/v8/finance/chart/" in str(one["path"]) for one in twin.requests("yahoo"))


@pytest.mark.parametrize("symbol", ["AAPL", "NVDA", "BRK.B"])
def test_bars_are_the_truth_as_traded_in_one_chart(
    yahoo: Yahoo, twin: RunningTwin, kept: Kept, symbol: str
) -> None:
    before = charts(twin)
    found = yahoo.bars(symbol, FIRST, LAST)
    assert charts(twin) - before == len(found.answers) == 1
    truth = twin.twin.truth.stocks[symbol].bars.between(FIRST, LAST)
    assert found.prices["session"].to_pylist() == truth.days.tolist()
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(found.prices[f"{name}_usd"].to_numpy(), getattr(truth, name))
    assert np.array_equal(found.prices["volume_shares"].to_numpy(), truth.volume)
    assert set(found.prices["symbol"].to_pylist()) == {symbol}
    assert kept.bodies[found.answers[0].payload] == found.answers[0].body
    assert "crumb=REDACTED" in found.answers[0].request
    assert found.rejected is None


def test_splits_and_dividends_are_the_truth_in_the_shares_of_the_ex_date(
    yahoo: Yahoo, twin: RunningTwin
) -> None:
    for symbol in ("NVDA", "GE"):
        stock = twin.twin.truth.stocks[symbol]
        rows = yahoo.bars(symbol, FIRST, LAST).actions.to_pylist()
        assert {r["ex_date"]: r["split_ratio"] for r in rows if r["kind"] == "split"} == (
            pytest.approx({s.ex_date: s.ratio for s in stock.splits if FIRST <= s.ex_date <= LAST})
        )
        paid = {d.ex_date: d.cash_usd for d in stock.dividends if FIRST <= d.ex_date <= LAST}
        ours = {r["ex_date"]: r["dividend_usd"] for r in rows if r["kind"] == "dividend"}
        assert ours == pytest.approx(paid, abs=2e-5)


def test_one_cookie_and_one_crumb_serve_a_whole_run(yahoo: Yahoo, twin: RunningTwin) -> None:
    twin.twin.log.clear()
    for symbol in ("AAPL", "NVDA", "GE"):
        yahoo.bars(symbol, date(2026, 11, 1), LAST)
    hosts = [str(one["host"]) for one in twin.requests("yahoo")]
    assert sorted(hosts) == sorted(
        ["fc.yahoo.com", "query1.finance.yahoo.com", *["query2.finance.yahoo.com"] * 3]
    )


def test_an_old_range_is_asked_for_until_today_and_clipped(yahoo: Yahoo, twin: RunningTwin) -> None:
    found = yahoo.bars("NVDA", date(2020, 3, 2), date(2020, 3, 6))
    assert found.prices.num_rows == 5
    truth = twin.twin.truth.stocks["NVDA"].bars.between(date(2020, 3, 2), date(2020, 3, 6))
    assert np.array_equal(found.prices["close_usd"].to_numpy(), truth.close)


def test_a_halted_session_is_missing_not_zero(yahoo: Yahoo) -> None:
    found = yahoo.bars("HALTX", date(2025, 3, 10), date(2025, 3, 14))
    assert found.prices["session"].to_pylist() == [date(2025, 3, 10), date(2025, 3, 14)]
    assert found.missing == (date(2025, 3, 11), date(2025, 3, 12), date(2025, 3, 13))


@pytest.mark.parametrize("minutes", [0, 14])
def test_the_bar_in_progress_is_left_out_until_it_is_final(
    workshop: Workshop, twin: RunningTwin, tmp_path: Path, minutes: int
) -> None:
    at = datetime(2026, 11, 20, 20, 59 if not minutes else 14, tzinfo=UTC)
    if minutes:
        at = at.replace(hour=21)
    twin.clock.fix(at)
    try:
        yahoo = Yahoo(workshop.transport(twin.url, YAHOO), tmp_path / "y", now=lambda: at)
        found = yahoo.bars("AAPL", date(2026, 11, 19), LAST)
    finally:
        twin.clock.fix(NOW)
    assert found.prices["session"].to_pylist() == [date(2026, 11, 19)]
    assert found.unfinished == 1


def test_nothing_is_asked_for_days_that_are_not_over(
    workshop: Workshop, twin: RunningTwin, tmp_path: Path
) -> None:
    yahoo = Yahoo(
        workshop.transport(twin.url, YAHOO),
        tmp_path / "y",
        now=lambda: datetime(2026, 11, 20, 15, tzinfo=UTC),
    )
    before = len(twin.requests())
    assert yahoo.bars("AAPL", LAST, LAST).answers == ()
    assert len(twin.requests()) == before


def test_a_range_before_the_first_bar_is_empty_and_an_unknown_symbol_is_not_found(
    yahoo: Yahoo, twin: RunningTwin
) -> None:
    found = yahoo.bars("AAPL", date(1995, 1, 3), date(1995, 2, 1))
    assert found.prices.num_rows == 0
    for symbol in ("ZZZZ", "SVBX"):
        before = charts(twin)
        with pytest.raises(NotFound, match="delisted"):
            yahoo.bars(symbol, FIRST, LAST)
        assert charts(twin) - before == 1


def test_hostile_symbols_and_ranges_are_refused_before_anything_is_asked(
    yahoo: Yahoo, twin: RunningTwin
) -> None:
    before = len(twin.requests())
    for symbol in [*HOSTILE, "US0378331005"]:
        with pytest.raises(BadSymbol):
            yahoo.bars(symbol, FIRST, LAST)  # type: ignore[arg-type]
    with pytest.raises(BadRange):
        yahoo.bars("AAPL", LAST, FIRST)
    with pytest.raises(ContractError, match="no request for many symbols"):
        yahoo.grouped(LAST, ["AAPL"])
    assert len(twin.requests()) == before


def test_symbols_are_spelled_yahoos_way() -> None:
    assert [yahoo_symbol(s) for s in ("BRK.B", "^GSPC", "AAPL", "USDINR=X")] == [
        "BRK-B",
        "^GSPC",
        "AAPL",
        "USDINR=X",
    ]


GREETING = [reply(b"", 404, Set_Cookie="A3=d=AQ; Domain=.yahoo.com"), reply(b"cRuMb.12AbC")]
GOOD = reply(body())


def yahoo_at(workshop: Workshop, tmp_path: Path, url: str) -> Yahoo:
    transport = workshop.transport(url, YAHOO, limits=Limits(deadline_s=1.0, backoff_s=0.1))
    return Yahoo(transport, tmp_path / "y", now=lambda: NOW)


@pytest.mark.parametrize(
    ("fault", "error", "asked"),
    [
        (reply(b"Too Many Requests", 429, Content_Type="text/html"), RateLimited, 3),
        (reply(b"Edge: Too Many Requests", 429, Retry_After="99999"), RateLimited, 1),
        (reply(b"<html>Will be right back</html>"), VendorOutage, 3),
        (reply(b"oops", 500), VendorOutage, 3),
        (reply(body()[:-20]), PayloadError, 2),
        (stub.hang, TransportError, 1),
        (stub.close_at_once, TransportError, 3),
        (reply(body(timestamp=[1, 2])), ContractError, 1),
        (reply(body().replace(b"AAPL", b"MSFT")), ContractError, 1),
        (json_reply({"chart": {"result": None, "error": {"code": "x"}}}, 422), ContractError, 1),
    ],
)
def test_a_faulty_chart_is_a_typed_error_with_few_requests(
    workshop: Workshop, tmp_path: Path, fault: Reply, error: type[VendorError], asked: int
) -> None:
    with serving(*GREETING, fault) as server, pytest.raises(error) as caught:
        yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
    assert len(server.asked) - len(GREETING) == asked
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_passing_fault_heals_within_the_call_and_within_the_process(
    workshop: Workshop, tmp_path: Path
) -> None:
    fault = reply(b"oops", 500)
    with serving(*GREETING, fault, GOOD) as server:
        found = yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
        assert found.answers[0].attempts == 2
    with serving(*GREETING, fault, fault, fault, GOOD) as server:
        yahoo = yahoo_at(workshop, tmp_path, server.url)
        with pytest.raises(VendorOutage):
            yahoo.bars("AAPL", CHART_DAY, CHART_DAY)
        assert yahoo.bars("AAPL", CHART_DAY, CHART_DAY).prices.num_rows == 1


@pytest.mark.parametrize(
    "crumb",
    [
        reply(b'<!DOCTYPE html><html lang="zh">'),
        reply(b"Too Many Requests", 429),
        reply(b"", 500),
        stub.close_at_once,
        reply(b"x" * 500),
    ],
)
def test_without_a_crumb_the_chart_still_comes(
    workshop: Workshop, tmp_path: Path, crumb: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(GREETING[0], crumb, GOOD) as server:
        yahoo = yahoo_at(workshop, tmp_path, server.url)
        for _ in range(2):
            assert yahoo.bars("AAPL", CHART_DAY, CHART_DAY).prices.num_rows == 1
    assert len(server.asked) == 4
    assert "crumb" in caplog.text


def test_a_stale_crumb_is_renewed_once_and_then_given_up(
    workshop: Workshop, tmp_path: Path
) -> None:
    refused = json_reply({"finance": {"error": {"description": "Invalid Crumb"}}}, 401)
    consent = reply(b"<html>no form here</html>", Content_Type="text/html")
    again = [consent, *GREETING[1:]]
    with serving(*GREETING, refused, *again, GOOD) as server:
        found = yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
        assert (found.prices.num_rows, len(found.answers)) == (1, 2)
    with serving(*GREETING, refused) as server, pytest.raises(AuthError, match="Invalid Crumb"):
        yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
    assert len(server.asked) <= 7


def test_answers_of_an_earlier_twin_are_never_served_again(
    workshop: Workshop, tmp_path: Path
) -> None:
    other = chart()
    other["chart"]["result"][0]["indicators"]["quote"][0]["close"] = [10.0, 11.0, 12.5]
    closes = []
    for answer in (GOOD, json_reply(other)):
        with serving(*GREETING, answer) as server:
            found = yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
            closes += found.prices["close_usd"].to_pylist()
    assert closes == [12.0, 12.5]


def test_nothing_is_unpickled_from_and_nothing_written_to_the_cache_directory(
    yahoo: Yahoo, workshop: Workshop, twin: RunningTwin, tmp_path: Path
) -> None:
    private = tmp_path / "yahoo"

    def bang(*_: object) -> object:
        raise AssertionError("something was unpickled")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pickle, "loads", bang)
        yahoo.bars("AAPL", LAST, LAST)
    assert list(private.iterdir()) == []
    assert private.stat().st_mode & 0o777 == 0o700
    private.chmod(0o777)
    with pytest.raises(SecurityError, match="others can write"):
        Yahoo(workshop.transport(twin.url, YAHOO), private)


def test_the_crumb_and_the_cookie_are_in_no_log_and_no_kept_body(
    workshop: Workshop, tmp_path: Path, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(*GREETING, GOOD) as server:
        found = yahoo_at(workshop, tmp_path, server.url).bars("AAPL", CHART_DAY, CHART_DAY)
    text = caplog.text + found.answers[0].request + repr(found.answers) + repr(kept.bodies)
    assert "A3=d" not in text
    assert "crumb=cRuMb" not in text
    assert server.headers[2]["cookie"] == "A3=d=AQ"
