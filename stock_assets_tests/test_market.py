"""Sessions, closes, decision times and symbols."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import BadRange, BadSymbol, NotASession
from stock_assets.market import (
    FIRST_DAY,
    NEW_YORK,
    Calendar,
    calendar,
    check_symbol,
    check_symbols,
    companies,
    decision_time,
)

ANSWERS = Path(__file__).parent / "answers" / "special_days.csv"
XNYS = Calendar(FIRST_DAY, date(2027, 12, 31))


def special_days() -> list[tuple[date, str, str]]:
    with ANSWERS.open(encoding="utf-8") as file:
        return [
            (date.fromisoformat(row["day"]), row["close_new_york"], row["why"])
            for row in csv.DictReader(file)
        ]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Sessions


@pytest.mark.parametrize(("day", "close", "why"), special_days(), ids=str)
def test_the_calendar_knows_the_special_days_of_a_third_of_a_century(
    day: date, close: str, why: str
) -> None:
    assert XNYS.is_session(day) == bool(close), why
    if close:
        session = XNYS.session(day)
        assert session.close_at.astimezone(NEW_YORK).strftime("%H:%M") == close, why
        assert session.is_half_day == (close != "16:00"), why


@pytest.mark.realdata
def test_every_session_since_1990_opens_and_closes_as_an_independent_list_says(
    shared_data: Path,
) -> None:
    path = shared_data / "indices" / "xnys_sessions_exchange_calendars.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    expected = [(at(day).date(), at(opening), at(closing)) for day, opening, closing, *_ in rows]
    ours = XNYS.between(expected[0][0], expected[-1][0])
    assert [(s.day, s.open_at, s.close_at) for s in ours] == expected


def test_sessions_are_numbered_from_the_first_one_without_gaps() -> None:
    assert XNYS.sessions[0].day == date(1990, 1, 2)
    assert [session.number for session in XNYS.sessions] == list(range(len(XNYS.sessions)))
    assert list(XNYS.days) == sorted(set(XNYS.days))


def test_the_calendar_reaches_at_least_two_years_ahead() -> None:
    today = datetime.now(UTC).date()
    assert calendar().sessions[-1].day >= today + timedelta(days=2 * 365 - 5)


def test_a_shut_day_is_refused_with_its_weekday_and_the_sessions_around_it() -> None:
    with pytest.raises(NotASession) as refused:
        XNYS.session(date(2024, 1, 15))
    assert "XNYS is shut on Monday 15 January 2024" in str(refused.value)
    assert "2024-01-12" in refused.value.next_action
    assert "2024-01-16" in refused.value.next_action


@pytest.mark.parametrize("day", [date(1989, 12, 29), date(2028, 1, 3)])
def test_a_day_outside_the_calendar_is_refused_with_the_nearest_session(day: date) -> None:
    with pytest.raises(NotASession, match="use a session, such as"):
        XNYS.session(day)


def test_a_range_holds_both_of_its_ends() -> None:
    week = XNYS.between(date(2024, 7, 1), date(2024, 7, 5))
    assert [session.day.day for session in week] == [1, 2, 3, 5]
    assert XNYS.between(date(2024, 7, 4), date(2024, 7, 4)) == ()


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (date(2024, 7, 5), date(2024, 7, 1), "after the last"),
        (date(1980, 1, 1), date(2024, 7, 1), "known from 1990-01-01"),
        (date(2024, 7, 1), date(2050, 1, 1), "to 2027-12-31"),
    ],
    ids=["inverted", "too early", "too late"],
)
def test_a_range_that_cannot_be_is_refused_with_the_reason(
    first: date, last: date, why: str
) -> None:
    with pytest.raises(BadRange, match=why):
        XNYS.between(first, last)


def test_neighbours_of_a_session_skip_shut_days() -> None:
    thursday = date(2024, 3, 28)
    assert XNYS.after(thursday).day == date(2024, 4, 1)
    assert XNYS.before(date(2024, 4, 1)).day == thursday
    assert XNYS.after(thursday, 5).day == date(2024, 4, 5)


def test_neighbours_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(BadRange, match="the calendar begins on"):
        XNYS.before(date(1990, 1, 3), 2)
    with pytest.raises(BadRange, match="the calendar ends on"):
        XNYS.after(XNYS.days[-1])


# Decision time


@pytest.mark.parametrize(
    ("session", "new_york"),
    [
        (date(2024, 3, 8), "2024-03-09 01:30 EST"),
        (date(2024, 3, 11), "2024-03-12 02:30 EDT"),
        (date(2024, 11, 1), "2024-11-02 02:30 EDT"),
        (date(2024, 11, 4), "2024-11-05 01:30 EST"),
    ],
    ids=["before spring", "after spring", "before autumn", "after autumn"],
)
def test_the_decision_is_at_half_past_six_utc_whatever_new_york_does_to_its_clocks(
    session: date, new_york: str
) -> None:
    decided = decision_time(session)
    assert decided == datetime(session.year, session.month, session.day, 6, 30, tzinfo=UTC) + (
        timedelta(days=1)
    )
    assert decided.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M %Z") == new_york


def test_a_decision_waits_for_its_close_and_precedes_the_next_opening() -> None:
    for today, following in zip(XNYS.sessions, XNYS.sessions[1:], strict=False):
        assert today.open_at < today.close_at < today.decision_at < following.open_at


@pytest.mark.parametrize(
    ("now", "session", "why"),
    [
        ("2024-03-07T06:30:00+00:00", date(2024, 3, 6), "at the very instant"),
        ("2024-03-07T06:29:59.999999+00:00", date(2024, 3, 5), "a microsecond earlier"),
        ("2024-03-07T21:00:00+00:00", date(2024, 3, 6), "closed, not decided"),
        ("2024-03-09T06:30:00+00:00", date(2024, 3, 8), "Friday is decided on Saturday"),
        ("2024-03-12T06:29:00+00:00", date(2024, 3, 8), "Friday counts until Tuesday morning"),
        ("2024-03-12T06:30:00+00:00", date(2024, 3, 11), "then Monday does"),
        ("2024-07-05T12:00:00+00:00", date(2024, 7, 3), "a holiday does not exist"),
        ("2024-03-07T12:00:00+05:30", date(2024, 3, 6), "any offset is an instant"),
    ],
    ids=str,
)
def test_the_last_decided_session_turns_at_its_decision_time(
    now: str, session: date, why: str
) -> None:
    assert XNYS.last_decided(datetime.fromisoformat(now)).day == session, why


def test_nothing_was_decided_before_the_calendar_began() -> None:
    with pytest.raises(BadRange, match="no session had been decided"):
        XNYS.last_decided(datetime(1990, 1, 3, 6, 29, tzinfo=UTC))


@given(st.datetimes(datetime(1990, 1, 4), datetime(2027, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_no_instant_sees_a_session_that_is_not_decided_yet(now: datetime) -> None:
    decided = XNYS.last_decided(now)
    assert decided.decision_at <= now < XNYS.after(decided.day).decision_at


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_callers_time_zone_does_not_matter(zone: str) -> None:
    now = datetime(2024, 3, 7, 6, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert XNYS.last_decided(now).day == date(2024, 3, 6)


# Symbols


@pytest.mark.parametrize("symbol", ["A", "AAPL", "BRK.B", "^GSPC", "USDINR=X", "BF.B", "0700.HK"])
def test_a_symbol_passes_unchanged(symbol: str) -> None:
    assert check_symbol(symbol) == symbol


ATTACKS = {
    "empty": "",
    "blank": " ",
    "lower case": "aapl",
    "path up": "AAPL/../../x",
    "path root": "../../etc",
    "query": "AAPL?x=1",
    "escaped slash": "A%2F..",
    "trailing newline": "AAPL\n",
    "leading newline": "\nAAPL",
    "carriage return": "AAPL\r\nHost: x",
    "long": "A" * 16,
    "10 kB": "A" * 10_240,
    "SQL": "'; DROP TABLE prices; --",
    "quote": "AAPL'",
    "NUL": "AAPL\0",
    "right-to-left mark": "AAPL\u202e",
    "zero width": "AA\u200bPL",
    "Cyrillic A": "\u0410APL",
    "full width": "\uff21APL",
    "full-width digit": "A\uff11",
    "vendor prefix": "I:SPX",
    "caret inside": "AA^PL",
    "dot first": ".AAPL",
    "dash first": "-AAPL",
    "two symbols": "AAPL,MSFT",
    "markup": "<script>",
    "formula": "=1+1",
    "template": "{{7*7}}",
    "shell": "$(id)",
    "ANSI": "\x1b[31mA",
    "bytes": b"AAPL",
    "nothing": None,
    "number": 7,
    "list": ["AAPL"],
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_is_not_a_symbol_is_refused_and_echoed_safely(text: object) -> None:
    with pytest.raises(BadSymbol) as refused:
        check_symbol(text)
    message = str(refused.value)
    assert len(message) < 250
    assert message.isascii()
    assert message.isprintable()


@given(st.text(max_size=40))
def test_no_text_becomes_a_symbol_that_could_leave_a_path_or_a_query(text: str) -> None:
    try:
        symbol = check_symbol(text)
    except BadSymbol:
        return
    assert 1 <= len(symbol) <= 15
    assert set(symbol) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-=^")
    assert "^" not in symbol[1:]
    assert symbol[0] not in ".-="


def test_all_bad_symbols_are_named_at_once() -> None:
    with pytest.raises(BadSymbol) as refused:
        check_symbols(["AAPL", "aapl", "MSFT", "A/B"])
    assert "'aapl'" in refused.value.value
    assert "'A/B'" in refused.value.value
    assert "2 of these" in refused.value.reason


def test_symbols_keep_their_order_and_come_once() -> None:
    assert check_symbols(["MSFT", "AAPL", "MSFT"]) == ("MSFT", "AAPL")


def test_the_default_universe_is_fifty_companies_with_name_and_sector() -> None:
    """S4-01."""
    assert len({company.symbol for company in companies()}) == len(companies()) == 50
    assert check_symbols(company.symbol for company in companies())
    assert all(company.name and company.sector for company in companies())
    magnificent = {"AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA"}
    assert magnificent <= {company.symbol for company in companies()}
