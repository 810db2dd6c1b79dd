"""FRED: what is published about the economy, with every vintage, and when it is released.

Belongs here: which requests bring a series, window by window, and the calendar of releases.
Does not belong here: pages and refusals (fred_pages.py), joining vintages (fred_vintages.py),
release times (release_clock.py).
Source: fred.stlouisfed.org/docs/api/fred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from stock_assets.errors import AuthError, BadRange, InputError
from stock_assets.tables import MACRO
from stock_assets.vendors.fred_observations import FIELDS
from stock_assets.vendors.fred_pages import FRED, Pages
from stock_assets.vendors.fred_releases import release_rows
from stock_assets.vendors.fred_vintages import (
    VENDOR,
    Observed,
    SeriesFacts,
    Window,
    vintages_of,
    windows,
)
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.novelties import tell_of_new_fields
from stock_assets.vendors.observations import MacroAnswer, broken
from stock_assets.vendors.transport import Transport, utc_now

__all__ = ["FRED", "Fred"]

VINTAGES_PER_REQUEST: Final = 2_000

_ST_LOUIS: Final = ZoneInfo("America/Chicago")
_EVER: Final = (date(1776, 7, 4), date(9999, 12, 31))
_ROWS_PER_PAGE: Final = 100_000
_VINTAGES_PER_PAGE: Final = 10_000
_RELEASES_PER_PAGE: Final = 1_000
_SERIES: Final = re.compile(r"[A-Z0-9_]{1,50}")
_FREQUENCIES: Final = frozenset({"D", "W", "M", "Q", "A"})


class Fred:
    """FRED and ALFRED by JSON.

    ``now`` is the market's clock: no real time after today in St. Louis is asked for, because
    FRED refuses it. ``vintages_per_request``: FRED answers for at most 2,000.

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
        vintages_per_request: int = VINTAGES_PER_REQUEST,
        rows_per_page: int = _ROWS_PER_PAGE,
    ) -> None:
        if not api_key:
            raise AuthError(
                "FRED_API_KEY",
                reason="FRED answers nobody without a key, and none is set",
                next_action="set FRED_API_KEY in the environment or in .env",
                vendor=VENDOR,
            )
        self._pages, self._now = Pages(transport, api_key), now
        self._vintages_per_request, self._rows_per_page = vintages_per_request, rows_per_page

    @property
    def today(self) -> date:
        """The day in St. Louis, the last one of real time that FRED knows."""
        return self._now().astimezone(_ST_LOUIS).date()

    def observations(self, series: str, *, after: date | None = None) -> MacroAnswer:
        """All vintages of a series, or those published after the day ``after``.

        Three requests, more where there are more than 2,000 vintages or 100,000 rows; one where
        nothing has been published since ``after``. FRED may add to a vintage for the rest of its
        day, so give the day before the newest one that is stored. Rows of MACRO; country is USA.

        Raises:
            InputError: not the id of a series.
            NotFound: FRED does not know the series.
            VendorError: as the transport and the contract say.
        """
        _check_series(series)
        answers: list[Answer] = []
        new = self._vintage_dates(series, after, answers)
        if not new:
            return MacroAnswer(VENDOR, MACRO.row_schema.empty_table(), tuple(answers))
        facts = self._facts(series, answers)
        starts = new if after is None else [after, *new]
        asked = windows(starts, self.today, self._vintages_per_request)
        answered = [(window, self._observed(series, window, answers)) for window in asked]
        found = vintages_of(facts, answered, after=after)
        return MacroAnswer(VENDOR, found.rows, tuple(answers), found.rejected, found.doubled)

    def release_dates(
        self, first: date, last: date, releases: Collection[int] | None = None
    ) -> MacroAnswer:
        """Days from ``first`` to ``last`` on which releases came out or are due.

        ``releases``: FRED's ids; all of them when None. Rows of MACRO_RELEASES: a past day is
        known from its release's clock on, a coming one from now.

        Raises:
            BadRange: ``first`` is after ``last``.
            VendorError: as the transport and the contract say.
        """
        if first > last:
            raise BadRange(
                f"{first} to {last}",
                reason="the first day is after the last one",
                next_action="swap the two dates",
            )
        coming = last >= self.today
        answers: list[Answer] = []
        said = self._pages.all_of(
            "releases/dates",
            "release_dates",
            answers,
            _RELEASES_PER_PAGE,
            realtime_start=first,
            realtime_end=_EVER[1] if coming else last,
            include_release_dates_with_no_data=str(coming).lower(),
            order_by="release_date",
            sort_order="asc",
        )
        rows, rejected = release_rows(said, first, last, releases, self._now())
        return MacroAnswer(VENDOR, rows, tuple(answers), rejected)

    def _vintage_dates(self, series: str, after: date | None, answers: list[Answer]) -> list[date]:
        if after is not None and after >= self.today:
            return []
        said = self._pages.all_of(
            "series/vintagedates",
            "vintage_dates",
            answers,
            _VINTAGES_PER_PAGE,
            series_id=series,
            realtime_start=after or _EVER[0],
            realtime_end=self.today,
            sort_order="asc",
        )
        try:
            days = sorted({date.fromisoformat(str(day)) for day in said})
        except ValueError:
            raise broken(VENDOR, answers[-1].request, "a vintage is not a day") from None
        return [day for day in days if day <= self.today and (after is None or day > after)]

    def _facts(self, series: str, answers: list[Answer]) -> SeriesFacts:
        answer, content = self._pages.ask("series", series_id=series)
        answers.append(answer)
        said = content.get("seriess")
        if not isinstance(said, list) or len(said) != 1 or not isinstance(said[0], dict):
            raise broken(VENDOR, answer.request, "seriess does not hold one series")
        facts = said[0]
        if facts.get("id") != series:
            raise broken(VENDOR, answer.request, f"the answer is about {facts.get('id')!r:.60}")
        frequency, unit = facts.get("frequency_short"), facts.get("units")
        if not isinstance(frequency, str) or frequency not in _FREQUENCIES:
            raise broken(
                VENDOR,
                answer.request,
                f"frequency_short is {frequency!r:.20}, and we hold D, W, M, Q and A only",
            )
        return SeriesFacts(series, frequency, unit if isinstance(unit, str) and unit else None)

    def _observed(self, series: str, window: Window, answers: list[Answer]) -> Observed:
        rows = self._pages.observations(
            answers,
            self._rows_per_page,
            {
                "realtime_start": window.first.isoformat(),
                "realtime_end": window.last.isoformat(),
                "units": "lin",
                "output_type": 1,
            },
            series_id=series,
            realtime_start=window.first,
            realtime_end=window.last,
            sort_order="asc",
        )
        if isinstance(rows, pa.Table):
            return rows
        for row in rows:
            if not isinstance(row, dict) or not row.keys() >= FIELDS:
                raise broken(VENDOR, answers[-1].request, "an observation lacks a field")
        tell_of_new_fields(VENDOR, "observations", rows[0] if rows else (), FIELDS)
        return rows


def _check_series(series: str) -> None:
    if not _SERIES.fullmatch(series):
        raise InputError(
            ascii(series)[:42],
            reason="not the id of a FRED series: 1 to 50 characters A-Z, 0-9 and _",
            next_action="give an id such as UNRATE, as fred.stlouisfed.org spells it",
        )
