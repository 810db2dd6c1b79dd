"""Finnhub's calendars: economic events (premium) and the exchange's holidays.

Belongs here: ``/calendar/economic``, whose times are UTC without saying so, and
``/stock/market-holiday``. Does not belong here: the events (truth/economic_events.py), who may see
them (finnhub.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from stock_assets import market
from stock_assets.sandbox.polygon_envelope import parse_day
from stock_assets.sandbox.truth.economic_events import EconomicEvent
from stock_assets.sandbox.wire import Answer, Ask, json_answer

Schedule = Callable[[int, date, date, datetime], Sequence[EconomicEvent]]
"""From a seed, the first and the last day (UTC) and an instant: the events as listed then."""

_MOST_DAYS: Final = 400
_AHEAD: Final = timedelta(days=30)
_HALF_DAY: Final = "09:30-13:00"
_NAMES: Final[dict[int, tuple[tuple[int, int, str], ...]]] = {
    1: ((1, 2, "New Year's Day"), (15, 21, "Martin Luther King, Jr. Day")),
    2: ((15, 21, "Washington's Birthday"),),
    3: ((20, 31, "Good Friday"),),
    4: ((1, 23, "Good Friday"),),
    5: ((25, 31, "Memorial Day"),),
    6: ((18, 20, "Juneteenth National Independence Day"),),
    7: ((3, 5, "Independence Day"),),
    9: ((1, 7, "Labor Day"),),
    11: ((22, 30, "Thanksgiving Day"),),
    12: ((24, 26, "Christmas"), (31, 31, "New Year's Day")),
}
"""By month: from which to which day of it a closed weekday bears the name."""
_UNPLANNED: Final = "Market closed"


class CalendarView:
    """Calendars as of the asker's instant."""

    def __init__(self, seed: int, schedule: Schedule) -> None:
        self._seed, self._schedule = seed, schedule

    def economic(self, ask: Ask) -> Answer:
        """Events from ``from`` to ``to``; without them of the last and the next thirty days."""
        today = ask.now.date()
        first = _day(ask, "from", today - _AHEAD)
        last = _day(ask, "to", today + _AHEAD)
        if first is None or last is None or (last - first).days > _MOST_DAYS:
            return json_answer({"error": "Wrong parameters: from, to"}, 422)
        events = self._schedule(self._seed, first, last, ask.now)
        return json_answer({"economicCalendar": [_row(event) for event in events]})

    def holidays(self, ask: Ask) -> Answer:
        """Last year's to next year's closed weekdays and half days, newest first.

        Days on which the exchange was closed unexpectedly are listed once they have come.
        """
        exchange = ask.query.get("exchange", "").upper()
        if exchange != "US":
            return json_answer({"data": [], "exchange": exchange, "timezone": ""})
        first = date(ask.today.year - 1, 1, 1)
        days = [first + timedelta(days=n) for n in range(3 * 366)]
        found = [_holiday(day) for day in days if day <= market.calendar().days[-1]]
        rows = [
            {"eventName": name, "atDate": day.isoformat(), "tradingHour": hours}
            for day, name, hours in (row for row in found if row is not None)
            if name != _UNPLANNED or day <= ask.today
        ]
        return json_answer({"data": rows[::-1], "exchange": "US", "timezone": "America/New_York"})


def _day(ask: Ask, name: str, default: date) -> date | None:
    return parse_day(ask.query[name]) if ask.query.get(name) else default


def _row(event: EconomicEvent) -> dict[str, object]:
    return {
        "actual": event.actual,
        "country": event.country,
        "estimate": event.estimate,
        "event": event.name,
        "impact": event.impact,
        "prev": event.previous,
        "time": f"{event.due_at:%Y-%m-%d %H:%M:%S}",
        "unit": event.unit,
    }


def _holiday(day: date) -> tuple[date, str, str] | None:
    """The day, its name and its hours ("" where it is closed); None for an ordinary day."""
    calendar = market.calendar()
    if day.weekday() >= 5:
        return None
    if calendar.is_session(day):
        if not calendar.session(day).is_half_day:
            return None
        return day, _name(day + timedelta(days=1)), _HALF_DAY
    return day, _name(day), ""


def _name(day: date) -> str:
    """Of a closed day; of the eve of one for a half day, or of the day after Thanksgiving."""
    names = _NAMES.get(day.month, ())
    return next((name for first, last, name in names if first <= day.day <= last), _UNPLANNED)
