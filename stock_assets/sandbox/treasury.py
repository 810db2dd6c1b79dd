"""FiscalData of the US Treasury: the debt, average rates, auctions held and to come.

Belongs here: which dataset lives under which path, and its rows as of an instant.
Does not belong here: the query language (fiscaldata.py), what happened (truth/).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from stock_assets.market import NEW_YORK
from stock_assets.sandbox import auction_rows, fiscaldata
from stock_assets.sandbox.fiscaldata import MISSING, Dataset, Row
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.auctions import Auction, auctions
from stock_assets.sandbox.truth.treasury import debts, rates
from stock_assets.sandbox.wire import Answer, Ask

ROOT: Final = "/services/api/fiscal_service"
_RECORD: Final = {
    "record_fiscal_year": "YEAR",
    "record_fiscal_quarter": "QUARTER",
    "record_calendar_year": "YEAR",
    "record_calendar_quarter": "QUARTER",
    "record_calendar_month": "MONTH",
    "record_calendar_day": "DAY",
}
DEBT: Final = Dataset(
    {
        "record_date": "DATE",
        "debt_held_public_amt": "CURRENCY",
        "intragov_hold_amt": "CURRENCY",
        "tot_pub_debt_out_amt": "CURRENCY",
        "src_line_nbr": "INTEGER",
        **_RECORD,
    },
    "record_date",
)
RATES: Final = Dataset(
    {
        "record_date": "DATE",
        "security_type_desc": "STRING",
        "security_desc": "STRING",
        "avg_interest_rate_amt": "PERCENTAGE",
        "src_line_nbr": "INTEGER",
        **_RECORD,
    },
    "record_date",
)
AUCTIONS: Final = Dataset(auction_rows.COLUMNS, "record_date")
UPCOMING: Final = Dataset(
    {
        "record_date": "DATE",
        "security_type": "STRING",
        "security_term": "STRING",
        "reopening": "STRING",
        "cusip": "STRING",
        "offering_amt": "CURRENCY",
        "announcemt_date": "DATE",
        "auction_date": "DATE",
        "issue_date": "DATE",
    },
    "record_date",
)
_UPCOMING_FOR: Final = timedelta(days=10)


class Treasury:
    """Answers what is asked of ``api.fiscaldata.treasury.gov``."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._seed, self._limits = truth.seed, limits
        self._held: dict[tuple[str, date], Row] = {}

    def answer(self, ask: Ask) -> Answer:
        """One page of a dataset, as of the asker's instant."""
        match ask.path.removeprefix(ROOT).rstrip("/"):
            case "/v2/accounting/od/debt_to_penny":
                return fiscaldata.answer(ask, DEBT, self._debts(ask.now))
            case "/v2/accounting/od/avg_interest_rates":
                return fiscaldata.answer(ask, RATES, self._rates(ask.now))
            case "/v1/accounting/od/auctions_query":
                return fiscaldata.answer(ask, AUCTIONS, self._auctions(ask.now))
            case "/v1/accounting/od/upcoming_auctions":
                return fiscaldata.answer(ask, UPCOMING, self._upcoming(ask.now))
        return fiscaldata.unknown_dataset()

    def _debts(self, now: datetime) -> list[Row]:
        return [
            {
                "record_date": str(debt.day),
                "debt_held_public_amt": _dollars(debt.held_by_public),
                "intragov_hold_amt": _dollars(debt.intragovernmental),
                "tot_pub_debt_out_amt": _dollars(debt.held_by_public + debt.intragovernmental),
                "src_line_nbr": "1",
                **_record(debt.day),
            }
            for debt in debts(self._seed)
            if debt.public_at <= now
        ]

    def _rates(self, now: datetime) -> list[Row]:
        return [
            {
                "record_date": str(rate.day),
                "security_type_desc": rate.security_type,
                "security_desc": rate.security,
                "avg_interest_rate_amt": f"{rate.percent:.3f}",
                "src_line_nbr": str(rate.line),
                **_record(rate.day),
            }
            for rate in rates(self._seed)
            if rate.public_at <= now
        ]

    def _auctions(self, now: datetime) -> list[Row]:
        """Announced ones without results; the same rows with results once these are public."""
        known = [auction for auction in auctions(self._seed) if auction.announced_at <= now]
        return [
            self._row(auction) if auction.results_at <= now else auction_rows.announced(auction)
            for auction in known
        ]

    def _row(self, auction: Auction) -> Row:
        key = (auction.cusip, auction.auction_on)
        if key not in self._held:
            self._held[key] = auction_rows.held(auction)
        return self._held[key]

    def _upcoming(self, now: datetime) -> list[Row]:
        """What is planned for the next days; how much is offered only once that is announced."""
        today = now.astimezone(NEW_YORK).date()
        coming = [
            auction
            for auction in auctions(self._seed)
            if now < auction.results_at and auction.announced_on <= today + _UPCOMING_FOR
        ]
        return [
            {
                "record_date": str(today),
                "security_type": auction.kind.security_type,
                "security_term": auction.term,
                "reopening": "Yes" if auction.is_reopening else "No",
                "cusip": auction.cusip,
                "offering_amt": str(auction.offering) if auction.announced_at <= now else MISSING,
                "announcemt_date": str(auction.announced_on),
                "auction_date": str(auction.auction_on),
                "issue_date": str(auction.issue_on),
            }
            for auction in coming
        ]


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _record(day: date) -> Row:
    """The parts of a day; the government's year begins in October."""
    return {
        "record_fiscal_year": str(day.year + (day.month >= 10)),
        "record_fiscal_quarter": str((day.month + 2) % 12 // 3 + 1),
        "record_calendar_year": str(day.year),
        "record_calendar_quarter": str((day.month - 1) // 3 + 1),
        "record_calendar_month": f"{day.month:02d}",
        "record_calendar_day": f"{day.day:02d}",
    }
