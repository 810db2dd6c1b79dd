"""FiscalData's rows of text to rows of TREASURY_DEBT, TREASURY_RATES and TREASURY_AUCTIONS.

Belongs here: which text is what number or day, what stands for a missing value, and what is wrong
with a row. Does not belong here: pages (treasury.py); at what hour what is public
(treasury_hours.py); the quick way over auctions that are all plain (treasury_columns.py).

Every value is a text; ``null`` in letters is a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from stock_assets.tables import TREASURY_AUCTIONS, TREASURY_DEBT, TREASURY_RATES, Table
from stock_assets.vendors.collected import Settled, Sorting, Unreadable
from stock_assets.vendors.release_clock import known_on
from stock_assets.vendors.treasury_columns import plain_auctions
from stock_assets.vendors.treasury_hours import DEBT_AT, business_day_after, new_york, results_clock

VENDOR: Final = "treasury"
_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CUSIP: Final = re.compile(r"[0-9A-Z]{9}")
_A_CENT: Final = 0.02
_FLAGS: Final = {"Yes": True, "No": False}

Texts = Mapping[str, Any]


def debt_rows(rows: Iterable[Texts], now: datetime) -> Settled:
    """The debt; public at 15:00 New York of the next business day, or when we saw it earlier."""

    def read(row: Texts) -> dict[str, Any]:
        day = _required_day(row, "record_date")
        public, within, total = (
            _number(row, name)
            for name in ("debt_held_public_amt", "intragov_hold_amt", "tot_pub_debt_out_amt")
        )
        if public is not None and within is not None and total is not None:
            difference = public + within - total
            # A cent is finer than a double can tell among trillions.
            if abs(difference) > _A_CENT:
                raise Unreadable(f"the parts differ from the total by {difference:.2f} USD")
        return {
            "record_on": day,
            "public_usd": public,
            "intragov_usd": within,
            "total_usd": total,
            "known_at": min(now, new_york(business_day_after(day), DEBT_AT)),
        }

    return _settled(TREASURY_DEBT, rows, read)


def rate_rows(rows: Iterable[Texts], now: datetime) -> Settled:
    """Average rates; nobody documents when they are published, so they are known from ``now``."""

    def read(row: Texts) -> dict[str, Any]:
        return {
            "record_on": _required_day(row, "record_date"),
            "security_type": _required(row, "security_type_desc"),
            "security": _required(row, "security_desc"),
            "rate_percent": _number(row, "avg_interest_rate_amt"),
            "known_at": now,
        }

    return _settled(TREASURY_RATES, rows, read)


def auction_rows(rows: Sequence[Texts], now: datetime) -> Settled:
    """Auctions: announced ones known from the end of that day, held ones from their results on."""
    plain = plain_auctions(rows, now)
    if plain is not None:
        return Settled(plain, None, 0)

    def read(row: Texts) -> dict[str, Any]:
        kind, auction_on = _required(row, "security_type"), _required_day(row, "auction_date")
        cusip = _required(row, "cusip")
        if not _CUSIP.fullmatch(cusip):
            raise Unreadable(f"{cusip!r:.20} is not a CUSIP")
        announced_on = _day(row, "announcemt_date")
        floating = _flag(row, "floating_rate")
        cover, accepted = _number(row, "bid_to_cover_ratio"), _number(row, "total_accepted")
        is_held = cover is not None or accepted is not None
        if is_held:
            clock = results_clock(kind, _text(row, "closing_time_comp"))
            public = new_york(auction_on, clock)
        else:
            public = known_on(announced_on or auction_on, None)
        return {
            "cusip": cusip,
            "auction_on": auction_on,
            "security_type": kind,
            "security_term": _text(row, "security_term"),
            "announced_on": announced_on,
            "issue_on": _day(row, "issue_date"),
            "maturity_on": _day(row, "maturity_date"),
            "is_reopening": _flag(row, "reopening"),
            "is_inflation_indexed": _flag(row, "inflation_index_security"),
            "is_floating_rate": floating,
            "offering_usd": _number(row, "offering_amt"),
            "tendered_usd": _number(row, "total_tendered"),
            "accepted_usd": accepted,
            "bid_to_cover": cover,
            "high_rate_percent": _number(row, _rate_column(kind, floating)),
            "known_at": min(now, public),
        }

    return _settled(TREASURY_AUCTIONS, rows, read)


def _settled(
    table: Table, rows: Iterable[Texts], read: Callable[[Texts], dict[str, Any]]
) -> Settled:
    sorting = Sorting(table)
    for row in rows:
        try:
            sorting.accept(read(row), row)
        except Unreadable as why:
            sorting.refuse(row, str(why))
    return sorting.settled()


def _rate_column(kind: str, floating: bool | None) -> str:
    if kind == "Bill":
        return "high_discnt_rate"
    return "high_discnt_margin" if floating else "high_yield"


def _text(row: Texts, name: str) -> str | None:
    """The text; None where FiscalData has none.

    Raises:
        Unreadable: there is no such field, or something else than a text.
    """
    if name not in row:
        raise Unreadable(f"{name} is missing")
    value = row[name]
    if value is None or value == "null":
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{name} is {value!r:.20}, not a text")
    return value.strip()


def _required(row: Texts, name: str) -> str:
    value = _text(row, name)
    if not value:
        raise Unreadable(f"{name} is empty")
    return value


def _number(row: Texts, name: str) -> float | None:
    value = _text(row, name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise Unreadable(f"{name} is {value!r:.30}, not a number")
    return float(value)


def _day(row: Texts, name: str) -> date | None:
    value = _text(row, name)
    if value is None:
        return None
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Unreadable(f"{name} is {value!r:.30}, not a day")


def _required_day(row: Texts, name: str) -> date:
    day = _day(row, name)
    if day is None:
        raise Unreadable(f"{name} is empty")
    return day


def _flag(row: Texts, name: str) -> bool | None:
    value = _text(row, name)
    if value is not None and value not in _FLAGS:
        raise Unreadable(f"{name} is {value!r:.20}, neither Yes nor No")
    return None if value is None else _FLAGS[value]
