"""FiscalData of the US Treasury: the debt, average rates, auctions, page by page.

Belongs here: which dataset is asked for what, and whole listings or an error.
Does not belong here: from FiscalData's texts to rows (treasury_rows.py).
Source: fiscaldata.treasury.gov/api-documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from stock_assets.errors import BadRange, ContractError
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.collected import Collected, Settled
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.transport import Transport, utc_now
from stock_assets.vendors.treasury_rows import VENDOR, auction_rows, debt_rows, rate_rows

Texts = Mapping[str, Any]

TREASURY: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"api.fiscaldata.treasury.gov"}),
    twin="/treasury",
    key_advice="no key is needed there; open the address in a browser",
)
LARGEST_PAGE: Final = 10_000
PAGES_AT_MOST: Final = 100

_BASE: Final = "https://api.fiscaldata.treasury.gov/services/api/fiscal_service"
_DEBT: Final = ("/v2/accounting/od/debt_to_penny", "record_date", "record_date,src_line_nbr")
_RATES: Final = (
    "/v2/accounting/od/avg_interest_rates",
    "record_date",
    "record_date,security_type_desc,security_desc,src_line_nbr",
)
# The record date of an auction is its day of issue.
_AUCTIONS: Final = ("/v1/accounting/od/auctions_query", "auction_date", "auction_date,cusip")


class Treasury:
    """The Treasury's figures. ``now`` is the market's clock.

    Pages are asked for in an order that is total, so that none overlaps the next.
    """

    vendor = VENDOR

    def __init__(
        self,
        transport: Transport,
        *,
        now: Callable[[], datetime] = utc_now,
        page_size: int = LARGEST_PAGE,
    ) -> None:
        self._transport, self._now, self._page_size = transport, now, page_size

    def debt(self, first: date, last: date) -> Collected:
        """The debt of the days from ``first`` to ``last`` as rows of TREASURY_DEBT.

        Raises:
            BadRange: before anything is asked.
            VendorError: as the transport says, or pages that do not make one whole listing.
        """
        return self._collect(_DEBT, first, last, debt_rows)

    def rates(self, first: date, last: date) -> Collected:
        """Average rates of the months that end from ``first`` to ``last``: TREASURY_RATES."""
        return self._collect(_RATES, first, last, rate_rows)

    def auctions(self, first: date, last: date) -> Collected:
        """Auctions held or to be held from ``first`` to ``last``: rows of TREASURY_AUCTIONS.

        An announced auction comes without results, and again with them once it has been held.
        """
        return self._collect(_AUCTIONS, first, last, auction_rows)

    def _collect(
        self,
        dataset: tuple[str, str, str],
        first: date,
        last: date,
        read: Callable[[list[Texts], datetime], Settled],
    ) -> Collected:
        if first > last:
            raise BadRange(
                f"{first} to {last}",
                reason="the first day is after the last one",
                next_action="swap the two dates",
            )
        rows, answers = self._pages(dataset, first, last)
        settled = read(rows, self._now())
        return Collected(VENDOR, settled.rows, answers, settled.rejected, settled.doubled)

    def _pages(
        self, dataset: tuple[str, str, str], first: date, last: date
    ) -> tuple[list[Texts], tuple[Answer, ...]]:
        """All pages; once more from the beginning where the listing grew while we read it."""
        all_answers: list[Answer] = []
        for _ in range(2):
            rows: list[Texts] = []
            totals: set[tuple[int, int]] = set()
            number, pages = 1, 1
            while number <= pages:
                answer = self._ask(dataset, first, last, number)
                all_answers.append(answer)
                page, total, pages = _page(answer, self._page_size)
                totals.add((total, pages))
                rows += page
                number += 1
                if len(totals) > 1:
                    break
            if len(totals) == 1 and len(rows) == total:
                return rows, tuple(all_answers)
        raise _broken(all_answers[-1], "the number of rows keeps changing from page to page")

    def _ask(self, dataset: tuple[str, str, str], first: date, last: date, number: int) -> Answer:
        path, field, order = dataset
        query = {
            "filter": f"{field}:gte:{first},{field}:lte:{last}",
            "sort": order,
            "format": "json",
            "page[number]": str(number),
            "page[size]": str(self._page_size),
        }
        return self._transport.send(Request(f"{_BASE}{path}?{urlencode(query, safe=':,')}"))


def _page(answer: Answer, page_size: int) -> tuple[list[Texts], int, int]:
    """Rows of one page, rows of all pages, number of pages.

    Raises:
        ContractError: the envelope is another, or its counts are wrong.
    """
    content = orjson.loads(answer.body)
    data = content.get("data") if isinstance(content, dict) else None
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise _broken(answer, "data is not a list of objects")
    if not isinstance(meta, dict):
        raise _broken(answer, "meta is not an object")
    counts = [meta.get(name) for name in ("count", "total-count", "total-pages")]
    if not all(type(count) is int and count >= 0 for count in counts):
        raise _broken(answer, "count, total-count or total-pages is not a whole number")
    count, total, pages = (int(number) for number in counts if number is not None)
    if count != len(data) or len(data) > page_size:
        raise _broken(answer, f"count is {count}, but {len(data)} rows came")
    if pages > PAGES_AT_MOST:
        raise _broken(answer, f"{pages} pages, more than {PAGES_AT_MOST}")
    return data, total, pages


def _broken(answer: Answer, reason: str) -> ContractError:
    return ContractError(
        answer.request,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with FiscalData's documentation",
        vendor=VENDOR,
        payload=answer.payload or None,
    )
