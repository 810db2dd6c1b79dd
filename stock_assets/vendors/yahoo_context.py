"""Indices and currencies from Yahoo through yfinance.

Belongs here: which of them there are, which bars count, rows of INDEX_PRICES and FX_RATES.
Does not belong here: taking the client by the hand (yahoo.py), the chart's contract
(yahoo_context_chart.py).

An index has a bar for each session of the exchange. Yahoo also has bars of ``^VIX`` on days on
which the exchange is shut; these are put aside. A currency has a bar for each weekday in London.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from stock_assets.errors import BadRange, BadSymbol
from stock_assets.market import FINAL_AFTER, calendar
from stock_assets.tables import FX_RATES, INDEX_PRICES
from stock_assets.vendors.bars import NOT_A_SESSION, session_index
from stock_assets.vendors.collected import Collected, Settled, Sorting
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.transport import Transport, utc_now
from stock_assets.vendors.yahoo import Yahoo
from stock_assets.vendors.yahoo_chart import PRICES, VENDOR
from stock_assets.vendors.yahoo_context_chart import Agreed, ContextChart, parse_context_chart
from stock_assets.vendors.yahoo_session import YahooSession

LONDON: Final = ZoneInfo("Europe/London")
WEEKEND: Final = ("bar_on_a_weekday", "currencies are not traded on that day, yet there is a bar")
VOLATILITY: Final = "^VIX"

_NEW_YORK_OR_CHICAGO: Final = ("America/New_York", "America/Chicago")
_INDICES: Final = {
    name: Agreed((name,), "INDEX", "USD", _NEW_YORK_OR_CHICAGO)
    for name in ("^GSPC", "^IXIC", VOLATILITY)
}
_PAIRS: Final = {
    "INR": Agreed(("USDINR=X", "INR=X"), "CURRENCY", "INR", (LONDON.key,)),
    "EUR": Agreed(("EURUSD=X", "EUR=X"), "CURRENCY", "USD", (LONDON.key,)),
}
_IN_USD: Final = frozenset({"EUR"})
"""Quoted as dollars per unit; the others as units per dollar."""
_DAY: Final = timedelta(days=1)
_NO_TRADE: Final = frozenset({(1, 1), (12, 25)})
_LONGEST_CLOSURE: Final = timedelta(days=10)


class YahooContext:
    """Indices and currencies. ``now`` is the market's clock, ``private`` as for :class:`Yahoo`.

    Raises:
        SecurityError: somebody else can write that directory.
    """

    vendor = VENDOR

    def __init__(
        self, transport: Transport, private: Path, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._charts, self._now = _Charts(transport, private, now=now), now

    def index(self, symbol: str, first: date, last: date) -> Collected:
        """Sessions of an index from ``first`` to ``last`` as rows of INDEX_PRICES.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            VendorError: as the transport and the chart's contract say.
        """
        agreed = _known(_INDICES, symbol)
        _check_range(first, last)
        closed = self._closed()
        answers = self._charts.answers(agreed.symbols[0], first, last) if first <= closed else ()
        chart = _chart(agreed, answers)
        settled, missing, unfinished = index_rows(symbol, chart, first, last, closed)
        return _collected(settled, answers, missing, unfinished)

    def currency(self, code: str, first: date, last: date) -> Collected:
        """London days of a currency from ``first`` to ``last`` as rows of FX_RATES, per USD."""
        agreed = _known(_PAIRS, code)
        _check_range(first, last)
        over = self._over()
        answers = self._charts.answers(agreed.symbols[0], first, last) if first <= over else ()
        chart = _chart(agreed, answers)
        settled, missing, unfinished = currency_rows(code, chart, first, last, over)
        return _collected(settled, answers, missing, unfinished)

    def sessions(self, first: date, last: date) -> tuple[date, ...]:
        """The days from ``first`` to ``last`` of which an index has a bar by now."""
        final = min(last, self._closed())
        return tuple(day for day in calendar().days if first <= day <= final)

    def london_days(self, first: date, last: date) -> tuple[date, ...]:
        """The days from ``first`` to ``last`` of which a currency has a bar by now.

        Weekdays, but for New Year's Day and Christmas, on which nobody need trade.
        """
        count = max(0, (min(last, self._over()) - first).days + 1)
        days = (first + step * _DAY for step in range(count))
        return tuple(
            day for day in days if day.weekday() < 5 and (day.month, day.day) not in _NO_TRADE
        )

    def _closed(self) -> date:
        return session_index().closed_through(self._now())

    def _over(self) -> date:
        """The newest day that is over in London."""
        return self._now().astimezone(LONDON).date() - _DAY


class _Charts(Yahoo):
    """Yahoo's client, used for its way to a chart only."""

    def answers(self, spelled: str, first: date, last: date) -> tuple[Answer, ...]:
        """The chart's answer, the last of those that came."""
        # Days begin in London five hours before they do in New York, by which the client asks;
        # and other markets trade while New York keeps a holiday.
        return super().bars(spelled, first - _LONGEST_CLOSURE, last).answers

    def _prepared_session(self) -> YahooSession:
        from stock_assets.vendors.yahoo_context_session import ContextSession

        if self._session is None:
            self._session = ContextSession(self._transport)
            self._transport.redactor.guard(logging.getLogger("yfinance"))
        return super()._prepared_session()


def index_rows(
    symbol: str, chart: ContextChart, first: date, last: date, closed: date
) -> tuple[Settled, tuple[date, ...], int]:
    """Rows of INDEX_PRICES, days without any value, how many bars are not final.

    A row is known from the close on; of the volatility index a quarter of an hour later, when its
    options stop trading. A volume of nought stands for none.
    """
    sessions = calendar()

    def row(day: date, values: dict[str, float | None]) -> tuple[dict[str, Any], bool]:
        is_session = sessions.is_session(day)
        known_at = sessions.session(day).close_at if is_session else None
        if known_at is not None and symbol == VOLATILITY:
            known_at += FINAL_AFTER
        return {
            "vendor": VENDOR,
            "symbol": symbol,
            "session": day,
            **{f"{name}_points": values[name] for name in PRICES},
            "volume_shares": values["volume"] or None,
            "known_at": known_at,
        }, is_session

    return _sorted_out(Sorting(INDEX_PRICES), chart, first, last, closed, row, NOT_A_SESSION)


def currency_rows(
    code: str, chart: ContextChart, first: date, last: date, over: date
) -> tuple[Settled, tuple[date, ...], int]:
    """Rows of FX_RATES, days without any value, how many bars are not final.

    A rate in dollars per unit is turned over, and its high and low change places. A row is known
    from the end of its day in London on.
    """
    names = ("open", "low", "high", "close") if code in _IN_USD else PRICES

    def row(day: date, values: dict[str, float | None]) -> tuple[dict[str, Any], bool]:
        rates = [values[name] for name in names]
        if code in _IN_USD:
            rates = [1.0 / rate if rate else None for rate in rates]
        midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON) + _DAY
        return {
            "vendor": VENDOR,
            "currency": code,
            "day": day,
            **{f"{name}_per_usd": rate for name, rate in zip(PRICES, rates, strict=True)},
            "known_at": midnight,
        }, day.weekday() < 5

    return _sorted_out(Sorting(FX_RATES), chart, first, last, over, row, WEEKEND)


_Row = Callable[[date, dict[str, float | None]], tuple[dict[str, Any], bool]]


def _sorted_out(
    sorting: Sorting,
    chart: ContextChart,
    first: date,
    last: date,
    final: date,
    row: _Row,
    shut: tuple[str, str],
) -> tuple[Settled, tuple[date, ...], int]:
    """Clip, leave out what is not final or has no value, put aside what cannot be."""
    proper = _proper(chart)
    missing, unfinished = set[date](), 0
    given = np.array([chart.values[name] for name in (*PRICES, "volume")]).T.tolist()
    for day, stamp, numbers in zip(chart.days, chart.stamps, given, strict=True):
        if not first <= day <= last:
            continue
        if day > final or stamp != proper[day]:
            unfinished += 1
            continue
        values = {
            name: None if number != number else number
            for name, number in zip((*PRICES, "volume"), numbers, strict=True)
        }
        said = {"timestamp": stamp, **values}
        if all(values[name] is None for name in PRICES):
            missing.add(day)
            continue
        found, is_open = row(day, values)
        if is_open:
            sorting.accept(found, said)
        else:
            sorting.refuse(said, shut[1], shut[0], found)
    return sorting.settled(), tuple(sorted(missing)), unfinished


def _proper(chart: ContextChart) -> dict[date, int]:
    """Of each day the time of its proper bar: the earliest. A live bar beside it is later."""
    found: dict[date, int] = {}
    for day, stamp in zip(chart.days, chart.stamps, strict=True):
        found[day] = min(stamp, found.get(day, stamp))
    return found


def _chart(agreed: Agreed, answers: tuple[Answer, ...]) -> ContextChart:
    """The chart among the answers; an empty one where Yahoo has nothing in the range."""
    if not answers or answers[-1].status != 200:
        return ContextChart((), (), {name: np.empty(0) for name in (*PRICES, "volume")})
    return parse_context_chart(agreed, answers[-1].body)


def _collected(
    settled: Settled, answers: tuple[Answer, ...], missing: tuple[date, ...], unfinished: int
) -> Collected:
    return Collected(
        VENDOR, settled.rows, answers, settled.rejected, settled.doubled, missing, unfinished
    )


def _known(known: dict[str, Agreed], name: str) -> Agreed:
    if name not in known:
        raise BadSymbol(
            ascii(name)[1:-1][:40],
            reason="not an index or a currency that is collected from Yahoo",
            next_action=f"choose among {', '.join(known)}",
        )
    return known[name]


def _check_range(first: date, last: date) -> None:
    if first > last:
        raise BadRange(
            f"{first} to {last}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )
