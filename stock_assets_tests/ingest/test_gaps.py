"""Gaps and their causes, on a real lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from stock_assets.errors import NotFound, TransportError
from stock_assets.ingest.gaps import (
    ASK_AGAIN_SESSIONS,
    CONFIRMED_AFTER,
    Failure,
    GapBook,
    Traded,
    causes_of,
)
from stock_assets.ingest.grid import Grid
from stock_assets.lake import Lake, LoadSource
from stock_assets.market import calendar
from stock_assets.tables import GAPS, PRICES
from stock_assets_tests.lake.bars import bar, rows

NOW = datetime(2024, 3, 1, 6, 30, tzinfo=UTC)
DAYS = tuple(s.day for s in calendar().between(date(2024, 1, 2), date(2024, 1, 31)))
GRID = Grid(("AAPL", "MSFT"), DAYS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(
        str(tmp_path / "lake"), environment="sandbox", now=lambda: NOW, locks=tmp_path / "locks"
    )


def none() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.zeros((len(GRID.symbols), len(DAYS)), dtype=bool)


def traded_in(stored: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Traded:
    """As if these were all bars that there have ever been."""
    last = stored.shape[1] - 1 - stored[:, ::-1].argmax(axis=1)
    return Traded(stored.argmax(axis=1), last, np.asarray(stored.any(axis=1)))


def row(symbol: str) -> tuple[slice, slice]:
    down = GRID.symbols.index(symbol)
    return slice(down, down + 1), slice(0, len(DAYS))


def judge(
    stored: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    received: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None = None,
    failures: Sequence[Failure] = (),
    traded: Traded | None = None,
) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    return causes_of(
        GRID,
        stored=stored,
        received=stored if received is None else received,
        traded=traded or traded_in(stored),
        failures=failures,
    )


def test_a_hole_between_two_bars_is_no_bar() -> None:
    stored = none()
    stored[0, [0, 1, 3]] = True
    assert judge(stored)[0, 2] == "no_bar"


def test_sessions_before_the_first_bar_are_a_company_not_yet_listed() -> None:
    stored = none()
    stored[0, 5:] = True
    causes = judge(stored)
    assert set(causes[0, :5]) == {"before_first_bar"}


def test_a_few_sessions_without_a_bar_at_the_end_may_still_come() -> None:
    stored = none()
    stored[0, :-ASK_AGAIN_SESSIONS] = True
    causes = judge(stored)
    assert set(causes[0, -ASK_AGAIN_SESSIONS:]) == {"no_bar"}


def test_a_long_silence_at_the_end_is_a_company_no_longer_listed() -> None:
    stored = none()
    stored[0, : -ASK_AGAIN_SESSIONS - 1] = True
    causes = judge(stored)
    assert set(causes[0, -ASK_AGAIN_SESSIONS - 1 :]) == {"after_last_bar"}


def test_a_bar_that_came_and_was_put_aside_is_quarantined_not_missing() -> None:
    stored, received = none(), none()
    stored[0] = received[0] = True
    stored[0, 4] = False
    assert judge(stored, received)[0, 4] == "quarantined"


def test_a_symbol_that_the_vendor_does_not_know_differs_from_one_whose_request_failed() -> None:
    failures = [
        Failure(row("AAPL"), NotFound("AAPL", reason="unknown", next_action="check it")),
        Failure(row("MSFT"), TransportError("MSFT", reason="reset", next_action="try again")),
    ]
    causes = judge(none(), failures=failures)
    assert set(causes[0]) == {"not_found"}
    assert set(causes[1]) == {"failed"}


def test_one_404_for_a_symbol_that_traded_lately_is_not_believed() -> None:
    lately, long_ago = np.array([-1, -ASK_AGAIN_SESSIONS - 1]), np.array([True, True])
    only_one = Grid(GRID.symbols, DAYS[:1])
    failures = [
        Failure((slice(0, 2), slice(0, 1)), NotFound("AAPL", reason="?", next_action="check it"))
    ]
    nothing = none()[:, :1]
    causes = causes_of(
        only_one,
        stored=nothing,
        received=nothing,
        traded=Traded(np.array([-400, -400]), lately, long_ago),
        failures=failures,
    )
    assert causes[:, 0].tolist() == ["no_bar", "after_last_bar"]


def test_a_failed_day_is_no_failure_of_the_symbols_other_days() -> None:
    stored = none()
    stored[:, [0, 1, 2, 5]] = True
    error = TransportError("all", reason="reset", next_action="try again")
    causes = judge(stored, failures=[Failure((slice(None), slice(3, 4)), error)])
    assert causes[0, 3:5].tolist() == ["failed", "no_bar"]


def record(book: GapBook, **kwargs: object) -> dict[str, int]:
    given = {
        "missing": none(),
        "stored": none(),
        "received": none(),
        "traded": traded_in(np.asarray(kwargs.get("stored", none()))),
        "before": book.open_gaps(DAYS),
        "failures": [],
        "known_at": NOW,
    } | kwargs
    return dict(book.record(GRID, **given))


def test_a_gap_is_recorded_with_the_words_of_its_error(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[1, 0] = True
    error = TransportError("MSFT", reason="reset by peer", next_action="try again")
    assert record(book, missing=missing, failures=[Failure(row("MSFT"), error)]) == {"failed": 1}
    gap = lake.read(GAPS).to_pylist()[0]
    assert (gap["symbol"], gap["session"], gap["cause"]) == ("MSFT", DAYS[0], "failed")
    assert "reset by peer" in gap["detail"]


def test_recording_the_same_gap_again_adds_nothing(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing, stored = none(), none()
    stored[0] = True
    stored[0, 4], missing[0, 4] = False, True
    for _ in range(2):
        record(book, missing=missing, stored=stored)
    assert lake.history(GAPS).num_rows == 1


def test_a_gap_that_is_filled_later_says_so_and_is_no_longer_open(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing, stored = none(), none()
    stored[0] = True
    stored[0, 4], missing[0, 4] = False, True
    record(book, missing=missing, stored=stored)
    stored[0, 4] = True
    record(book, stored=stored)
    assert book.open_gaps(DAYS).num_rows == 0
    assert lake.read(GAPS)["cause"].to_pylist() == ["filled"]


def test_a_gap_was_noted_when_it_was_first_said_whatever_was_said_later(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing, stored = none(), none()
    missing[:, 4] = True
    for attempt in range(3):
        error = TransportError("MSFT", reason=f"reset {attempt}", next_action="again")
        failures = [Failure(row("MSFT"), error)]
        at = NOW + timedelta(days=attempt)
        record(book, missing=missing, failures=failures, known_at=at)
    stored[:, 4] = True
    record(book, stored=stored, known_at=NOW + timedelta(days=9))
    assert lake.read(GAPS)["cause"].to_pylist() == ["filled"] * 2
    noted = {gap["symbol"]: gap for gap in book.noted(DAYS).to_pylist()}
    assert {gap["noted_at"] for gap in noted.values()} == {NOW}
    assert (noted["AAPL"]["answered"], noted["MSFT"]["answered"]) == (True, False)


def test_an_old_answered_gap_is_settled_and_a_failed_or_fresh_one_is_asked_again(
    lake: Lake,
) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing, stored = none(), none()
    stored[0] = True
    stored[0, [4, 15]] = False
    missing[0, [4, 15]] = True
    missing[1, 4] = True
    error = TransportError("MSFT", reason="reset", next_action="again")
    failed = [Failure(row("MSFT"), error)]
    record(book, missing=missing, stored=stored, failures=failed)
    settled = book.settled(GRID, book.open_gaps(DAYS), DAYS[10], NOW)
    assert settled[0, 4]
    assert not settled[0, 15]
    assert not settled[1, 4]


def test_an_unknown_symbol_is_asked_for_again_until_that_is_confirmed(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[1, 4] = True
    unknown = NotFound("MSFT", reason="no data found", next_action="check it")
    record(book, missing=missing, failures=[Failure(row("MSFT"), unknown)])
    gaps = book.open_gaps(DAYS)
    assert gaps["cause"].to_pylist() == ["not_found"]
    just_before = NOW + CONFIRMED_AFTER - timedelta(seconds=1)
    assert not book.settled(GRID, gaps, DAYS[10], just_before).any()
    assert book.settled(GRID, gaps, DAYS[10], NOW + CONFIRMED_AFTER)[1, 4]


def trades_at_polygon(lake: Lake, symbol: str, days: Sequence[date]) -> None:
    theirs = rows(*(bar(symbol, day, vendor="polygon") for day in days))
    lake.append(PRICES, theirs, LoadSource(feed="raw/polygon_prices", vendor="polygon"))


def causes_in(lake: Lake, symbol: str) -> dict[date, str]:
    return {
        gap["session"]: gap["cause"]
        for gap in lake.read(GAPS).to_pylist()
        if gap["symbol"] == symbol
    }


def test_b12_no_symbol_is_unknown_on_a_session_of_which_another_vendor_has_a_bar(
    lake: Lake,
) -> None:
    trades_at_polygon(lake, "MSFT", DAYS[3:6])
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[:, :8] = True
    unknown = NotFound("MSFT", reason="no data found", next_action="check it")
    failures = [Failure(row(symbol), unknown) for symbol in GRID.symbols]
    record(book, missing=missing, failures=failures)
    traded = dict.fromkeys(DAYS[3:6], "no_bar")
    assert causes_in(lake, "MSFT") == dict.fromkeys(DAYS[:8], "not_found") | traded
    assert set(causes_in(lake, "AAPL").values()) == {"not_found"}
    assert all("no data found" in gap["detail"] for gap in lake.read(GAPS).to_pylist())


def test_b12_no_symbol_has_left_on_a_session_of_which_another_vendor_has_a_bar(
    lake: Lake,
) -> None:
    trades_at_polygon(lake, "MSFT", DAYS)
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    stored = none()
    stored[:, :8] = True
    record(book, missing=~stored, stored=stored)
    assert set(causes_in(lake, "MSFT").values()) == {"no_bar"}
    assert set(causes_in(lake, "AAPL").values()) == {"after_last_bar"}
    said = {gap["symbol"]: gap["detail"] for gap in lake.read(GAPS).to_pylist()}
    assert said == {
        "MSFT": "not in the answer, but another vendor has a bar of this session",
        "AAPL": None,
    }


def test_b12_a_confirmed_denial_is_asked_about_again_when_another_vendor_has_the_bar(
    lake: Lake,
) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[:, [4, 5]] = True
    unknown = NotFound("MSFT", reason="no data found", next_action="check it")
    failures = [Failure(row(symbol), unknown) for symbol in GRID.symbols]
    record(book, missing=missing, failures=failures)
    confirmed = NOW + CONFIRMED_AFTER
    gaps = book.open_gaps(DAYS)
    assert book.settled(GRID, gaps, DAYS[10], confirmed).sum() == 4
    trades_at_polygon(lake, "MSFT", DAYS[4:5])
    settled = book.settled(GRID, gaps, DAYS[10], confirmed)
    assert (settled == missing).sum() == missing.size - 1
    assert not settled[1, 4]
    record(book, missing=missing & ~settled, failures=failures, known_at=confirmed)
    assert causes_in(lake, "MSFT") == {DAYS[4]: "no_bar", DAYS[5]: "not_found"}
    gaps = book.open_gaps(DAYS)
    assert not book.settled(GRID, gaps, DAYS[10], confirmed)[1, 4]
    assert book.settled(GRID, gaps, DAYS[10], confirmed + CONFIRMED_AFTER)[1, 4]


def test_a_gap_of_a_failed_request_names_the_kind_of_failure(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[1, 0] = True
    error = TransportError("MSFT", reason="reset by peer", next_action="try again")
    record(book, missing=missing, failures=[Failure(row("MSFT"), error)])
    assert lake.read(GAPS)["detail"].to_pylist() == [f"TransportError: {error}"]
