"""Gaps and their causes, on a real lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from stock_assets.errors import NotFound, TransportError
from stock_assets.ingest.gaps import ASK_AGAIN_SESSIONS, GapBook, causes_of
from stock_assets.ingest.grid import Grid
from stock_assets.lake import Lake
from stock_assets.market import calendar
from stock_assets.tables import GAPS

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


def test_a_hole_between_two_bars_is_no_bar() -> None:
    stored = none()
    stored[0, [0, 1, 3]] = True
    assert causes_of(GRID, stored=stored, received=stored, failures={})[0, 2] == "no_bar"


def test_sessions_before_the_first_bar_are_a_company_not_yet_listed() -> None:
    stored = none()
    stored[0, 5:] = True
    causes = causes_of(GRID, stored=stored, received=stored, failures={})
    assert set(causes[0, :5]) == {"before_first_bar"}


def test_a_few_sessions_without_a_bar_at_the_end_may_still_come() -> None:
    stored = none()
    stored[0, :-ASK_AGAIN_SESSIONS] = True
    causes = causes_of(GRID, stored=stored, received=stored, failures={})
    assert set(causes[0, -ASK_AGAIN_SESSIONS:]) == {"no_bar"}


def test_a_long_silence_at_the_end_is_a_company_no_longer_listed() -> None:
    stored = none()
    stored[0, : -ASK_AGAIN_SESSIONS - 1] = True
    causes = causes_of(GRID, stored=stored, received=stored, failures={})
    assert set(causes[0, -ASK_AGAIN_SESSIONS - 1 :]) == {"after_last_bar"}


def test_a_bar_that_came_and_was_put_aside_is_quarantined_not_missing() -> None:
    stored, received = none(), none()
    stored[0] = received[0] = True
    stored[0, 4] = False
    assert causes_of(GRID, stored=stored, received=received, failures={})[0, 4] == "quarantined"


def test_a_symbol_that_the_vendor_does_not_know_differs_from_one_whose_request_failed() -> None:
    failures = {
        "AAPL": NotFound("AAPL", reason="unknown", next_action="check it"),
        "MSFT": TransportError("MSFT", reason="reset", next_action="try again"),
    }
    causes = causes_of(GRID, stored=none(), received=none(), failures=failures)
    assert set(causes[0]) == {"not_found"}
    assert set(causes[1]) == {"failed"}


def record(book: GapBook, **kwargs: object) -> dict[str, int]:
    given = {
        "missing": none(),
        "stored": none(),
        "received": none(),
        "before": book.open_gaps(DAYS),
        "failures": {},
        "known_at": NOW,
    } | kwargs
    return dict(book.record(GRID, **given))


def test_a_gap_is_recorded_with_the_words_of_its_error(lake: Lake) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing = none()
    missing[1, 0] = True
    error = TransportError("MSFT", reason="reset by peer", next_action="try again")
    assert record(book, missing=missing, failures={"MSFT": error}) == {"failed": 1}
    row = lake.read(GAPS).to_pylist()[0]
    assert (row["symbol"], row["session"], row["cause"]) == ("MSFT", DAYS[0], "failed")
    assert "reset by peer" in row["detail"]


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


def test_an_old_answered_gap_is_settled_and_a_failed_or_fresh_one_is_asked_again(
    lake: Lake,
) -> None:
    book = GapBook(lake, "raw/yahoo_prices", "yahoo")
    missing, stored = none(), none()
    stored[0] = True
    stored[0, [4, 15]] = False
    missing[0, [4, 15]] = True
    missing[1, 4] = True
    failed = {"MSFT": TransportError("MSFT", reason="reset", next_action="again")}
    record(book, missing=missing, stored=stored, failures=failed)
    settled = book.settled(GRID, book.open_gaps(DAYS), fresh_from=DAYS[10])
    assert settled[0, 4]
    assert not settled[0, 15]
    assert not settled[1, 4]
