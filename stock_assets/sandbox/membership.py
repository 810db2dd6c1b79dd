"""Two files on GitHub that say who is in the S&P 500: stays with dates, and today's members.

Belongs here: paths and CSV. Does not belong here: who is a member (truth/membership.py).
Stays: https://github.com/fja05680/sp500; members: https://github.com/datasets/s-and-p-500-companies.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Final

from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.membership import Stay, sector, stays
from stock_assets.sandbox.wire import Answer, Ask, text_answer

STAYS: Final = "/fja05680/sp500/master/sp500_ticker_start_end.csv"
MEMBERS: Final = "/datasets/s-and-p-500-companies/main/data/constituents.csv"
_COLUMNS: Final = (
    "Symbol",
    "Security",
    "GICS Sector",
    "GICS Sub-Industry",
    "Headquarters Location",
    "Date added",
    "CIK",
    "Founded",
)


class Membership:
    """Answers what is asked of ``raw.githubusercontent.com``."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._truth, self._limits = truth, limits

    @cached_property
    def _stays(self) -> tuple[Stay, ...]:
        return stays(self._truth)

    def answer(self, ask: Ask) -> Answer:
        """A file as it stands; a change of today is in it from tomorrow on."""
        if ask.path == STAYS:
            return _file(ask, self._all(ask.today))
        if ask.path == MEMBERS:
            return _file(ask, self._members(ask.today))
        return text_answer("404: Not Found", 404)

    def _known(self, today: date) -> list[Stay]:
        return [
            Stay(stay.ticker, stay.first_day, gone if gone and gone < today else None)
            for stay in self._stays
            if stay.first_day < today
            for gone in (stay.gone_on,)
        ]

    def _all(self, today: date) -> str:
        rows = ((s.ticker, s.first_day, s.gone_on or "") for s in self._known(today))
        return _csv(("ticker", "start_date", "end_date"), rows)

    def _members(self, today: date) -> str:
        """Members of today in order of their names."""
        rows = []
        for stay in self._known(today):
            stock = self._truth.trading_as(stay.ticker, today)
            if stay.gone_on is not None or stock is None:
                continue
            listing, kind = stock.listing, sector(self._truth.seed, stock.listing.symbol)
            place, founded = "New York City, New York", str(listing.listed_on.year - 20)
            cik = str(int(listing.cik))
            row = (stay.ticker, listing.name, kind, kind, place, stay.first_day, cik, founded)
            rows.append(row)
        return _csv(_COLUMNS, sorted(rows, key=lambda row: (row[1], row[0])))


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _file(ask: Ask, text: str) -> Answer:
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "max-age=300"}
    if ask.headers.get("if-none-match") == tag:
        return Answer(304, b"", "text/plain;charset=utf-8", headers)
    return Answer(200, text.encode(), "text/plain;charset=utf-8", headers)
