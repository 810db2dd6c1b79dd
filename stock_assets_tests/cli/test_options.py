"""What the demo is asked for is checked before anything starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stock_assets.cli.options import (
    DemoOptions,
    check_range,
    check_symbol_option,
    sessions_asked,
)
from stock_assets.errors import BadRange, BadSymbol, NotASession

OPTIONS = DemoOptions("edge", 7, "50", None, None, None, None, None)
FIRST, LAST = date(2015, 1, 2), date(2024, 6, 28)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("50", "50"), ("007", "7"), ("AAPL", "AAPL"), ("AAPL, BRK.B", "AAPL,BRK.B")],
)
def test_symbols_are_a_count_or_a_list(text: str, canonical: str) -> None:
    assert check_symbol_option(text) == canonical


@pytest.mark.parametrize("text", ["", ",", "aapl", "AAPL,../../etc", "AAPL;DROP", "A\nB", "²"])
def test_anything_else_is_refused_as_a_symbol(text: str) -> None:
    with pytest.raises(BadSymbol):
        check_symbol_option(text)


def test_no_symbols_at_all_are_refused() -> None:
    with pytest.raises(BadSymbol, match="at least one"):
        check_symbol_option("0")


def test_by_default_three_years_up_to_the_newest_session_are_asked_for() -> None:
    sessions = sessions_asked(OPTIONS, FIRST, LAST)
    assert sessions[-1].day == LAST
    assert sessions[0].day == date(2021, 6, 28)


def test_a_recording_is_used_whole_unless_a_range_is_given() -> None:
    options = replace(OPTIONS, recorded=Path("bars.csv"))
    assert sessions_asked(options, FIRST, LAST)[0].day == FIRST


def test_a_range_may_begin_on_a_holiday() -> None:
    options = replace(OPTIONS, first=date(2016, 1, 1), last=date(2021, 4, 21))
    assert sessions_asked(options, FIRST, LAST)[0].day == date(2016, 1, 4)


def test_an_inverted_range_is_refused_with_the_cure() -> None:
    options = replace(OPTIONS, first=date(2021, 1, 4), last=date(2020, 1, 3))
    with pytest.raises(BadRange, match="swap the two dates"):
        check_range(options)


def test_a_range_of_closed_days_is_not_a_session() -> None:
    options = replace(OPTIONS, first=date(2024, 1, 13), last=date(2024, 1, 15))
    with pytest.raises(NotASession, match="the exchange is shut"):
        check_range(options)


def test_a_range_outside_the_market_says_what_the_market_holds() -> None:
    options = replace(OPTIONS, first=date(2025, 1, 2), last=date(2025, 6, 2))
    with pytest.raises(BadRange, match="2015-01-02 to 2024-06-28"):
        sessions_asked(options, FIRST, LAST)


def test_too_few_sessions_to_learn_from_are_refused_with_the_number_needed() -> None:
    options = replace(OPTIONS, first=date(2024, 1, 2), last=date(2024, 3, 1))
    with pytest.raises(BadRange, match="260 needed"):
        check_range(options)
