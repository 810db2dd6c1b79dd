"""Alpha Vantage's economic functions.

Belongs here: which functions there are, what is asked, the meaning of each field.
Does not belong here: refusals (alpha_vantage_body.py), prices (alpha_vantage.py).
Source: alphavantage.co/documentation, "Economic Indicators".

Only the latest revision is told, of all periods at once. So a value counts as known from the
instant of asking, never from its period; the vintage is the day of asking in New York.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.errors import AuthError, InputError, VendorError
from stock_assets.market import NEW_YORK
from stock_assets.tables import MACRO
from stock_assets.vendors.alpha_vantage_body import QUERY, VENDOR, read_body
from stock_assets.vendors.messages import Request
from stock_assets.vendors.observations import (
    BAD_DAY,
    BAD_VALUE,
    MacroAnswer,
    aside,
    broken,
    days_of,
    macro_table,
    numbers_of,
    said_by,
    settle,
    texts_of,
)
from stock_assets.vendors.transport import Transport, utc_now

FUTURE: Final = ("period_has_begun", "its period has not begun yet")

_MISSING: Final = "."
_FREQUENCIES: Final = {"daily": "D", "weekly": "W", "monthly": "M", "quarterly": "Q", "annual": "A"}
_INTERVALS: Final[dict[str, tuple[str, ...]]] = {
    "REAL_GDP": ("quarterly", "annual"),
    "REAL_GDP_PER_CAPITA": (),
    "TREASURY_YIELD": ("daily", "weekly", "monthly"),
    "FEDERAL_FUNDS_RATE": ("daily", "weekly", "monthly"),
    "CPI": ("monthly",),
    "INFLATION": (),
    "RETAIL_SALES": (),
    "DURABLES": (),
    "UNEMPLOYMENT": (),
    "NONFARM_PAYROLL": (),
}
"""The functions, with the intervals to choose from, the default first."""
_MATURITIES: Final = ("10year", "2year", "3month", "5year", "7year", "30year")

FUNCTIONS: Final = tuple(_INTERVALS)


class AlphaVantageMacro:
    """The economy as Alpha Vantage tells it: values of the United States.

    ``now`` is the market's clock.

    Raises:
        AuthError: without a key.
    """

    vendor = VENDOR

    def __init__(
        self,
        transport: Transport,
        api_key: str | None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        if not api_key:
            raise AuthError(
                "ALPHA_VANTAGE_API_KEY",
                reason="Alpha Vantage answers nobody without a key, and none is set",
                next_action="set ALPHA_VANTAGE_API_KEY in the environment or in .env",
                vendor=VENDOR,
            )
        self._transport, self._api_key, self._now = transport, api_key, now

    def observations(
        self, function: str, *, interval: str | None = None, maturity: str | None = None
    ) -> MacroAnswer:
        """All periods of a function in one request, as rows of MACRO.

        ``interval`` (REAL_GDP, TREASURY_YIELD, FEDERAL_FUNDS_RATE) and ``maturity``
        (TREASURY_YIELD) default to the finest and to 10 years. The series is named after all
        that was asked: ``TREASURY_YIELD:10year:daily``.

        Raises:
            InputError: no such function, interval or maturity.
            RateLimited: the day's allowance is used up; everybody with the key waits.
            VendorError: as the transport and the contract say.
        """
        asked = _asked(function, interval, maturity)
        query = urlencode({**asked, "datatype": "json", "apikey": self._api_key})
        answer = self._transport.send(Request(f"{QUERY}?{query}"))
        now = self._now()
        try:
            content = read_body(
                answer.request,
                answer.body,
                "data",
                redactor=self._transport.redactor,
                asked_at=now,
                left_today=self._transport.budget.left_today(),
            )
        except VendorError as error:
            error.context["payload"] = answer.payload
            raise self._transport.refused(error) from None
        series = ":".join(
            asked[name] for name in ("function", "maturity", "interval") if name in asked
        )
        rows, rejected, doubled = _rows(answer.request, series, asked, content, now)
        return MacroAnswer(VENDOR, rows, (answer,), rejected, doubled)


def _asked(function: str, interval: str | None, maturity: str | None) -> dict[str, str]:
    intervals = _INTERVALS.get(function)
    maturities = _MATURITIES if function == "TREASURY_YIELD" else ()
    for value, known in (
        (function, FUNCTIONS),
        (interval, intervals or ()),
        (maturity, maturities),
    ):
        if value is not None and value not in known:
            raise InputError(
                ascii(value)[:42],
                reason=f"not offered by {function if intervals is not None else 'Alpha Vantage'}",
                next_action=f"choose one of {', '.join(known)}" if known else "leave it out",
            )
    asked = {"function": function}
    if maturities:
        asked["maturity"] = maturity or maturities[0]
    if intervals:
        asked["interval"] = interval or intervals[0]
    return asked


def _rows(
    request: str, series: str, asked: Mapping[str, str], content: Mapping[str, Any], now: datetime
) -> tuple[pa.Table, pa.Table | None, int]:
    interval, unit, said = content.get("interval"), content.get("unit"), content["data"]
    if not isinstance(interval, str) or interval not in _FREQUENCIES:
        raise broken(VENDOR, request, f"interval is {interval!r:.40}, which there is not")
    if asked.get("interval", interval) != interval:
        raise broken(VENDOR, request, f"interval is {interval!r:.40}, which was not asked for")
    if not isinstance(said, list) or not all(_is_row(row) for row in said):
        raise broken(VENDOR, request, "data is not a list of objects with date and value")
    if not said:
        return MACRO.row_schema.empty_table(), None, 0
    today = now.astimezone(NEW_YORK).date()
    days = days_of(texts_of(said, "date"))
    values, unreadable = numbers_of(texts_of(said, "value"), _MISSING)
    columns = {
        "vendor": VENDOR,
        "series": series,
        "country": "USA",
        "period_start": days,
        "vintage_on": today,
        "frequency": _FREQUENCIES[interval],
        "value": values,
        "unit": unit if isinstance(unit, str) and unit else None,
        "known_at": now,
    }
    rows = macro_table(columns, len(said))
    no_day = pc.is_null(days)
    future = pc.fill_null(pc.greater(days, pa.scalar(today)), False)
    wrong = (
        (BAD_DAY, no_day),
        (FUTURE, future),
        (BAD_VALUE, pc.and_not(unreadable, pc.or_(no_day, future))),
    )
    rejected = [
        aside(rows.filter(where), rule, said_by(_taken(said, where))) for rule, where in wrong
    ]
    good = pc.invert(pc.or_(pc.or_(no_day, future), unreadable))
    return settle(rows.filter(good), rejected)


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and "date" in row and "value" in row


def _taken(said: Sequence[Any], where: pa.Array) -> list[Any]:
    return [row for row, taken in zip(said, where.to_pylist(), strict=True) if taken]
