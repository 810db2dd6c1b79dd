"""Who was in the S&P 500 from when to when: two files on GitHub.

Belongs here: their contract, and rows of INDEX_MEMBERSHIP. Does not belong here: which of them make
a universe.
Sources: github.com/fja05680/sp500 (stays since 1996), github.com/datasets/s-and-p-500-companies
(today's members with their GICS sectors).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from stock_assets.errors import BadSymbol, ContractError, PayloadError, VendorOutage
from stock_assets.market import NEW_YORK, Company, check_symbol
from stock_assets.tables import INDEX_MEMBERSHIP
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.collected import Collected, Settled, Sorting, Unreadable
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.plain_xml import MARK
from stock_assets.vendors.release_clock import known_on
from stock_assets.vendors.stale import refuse_older
from stock_assets.vendors.statuses import is_web_page
from stock_assets.vendors.transport import Transport, utc_now

VENDOR: Final = "membership"
INDEX: Final = "^GSPC"
MEMBERSHIP: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"raw.githubusercontent.com"}),
    twin="/membership",
    key_advice="no key is needed there; open the address in a browser",
)
OVERLAP: Final = "one_stay_at_a_time"

_STAYS: Final = "/fja05680/sp500/master/sp500_ticker_start_end.csv"
_MEMBERS: Final = "/datasets/s-and-p-500-companies/main/data/constituents.csv"
_STAY_COLUMNS: Final = ("ticker", "start_date", "end_date")
_MEMBER_COLUMNS: Final = ("Symbol", "Security", "GICS Sector")


@dataclass(frozen=True, slots=True)
class Members:
    """Today's members with their sectors, and rows that cannot be read, with the reason."""

    companies: tuple[Company, ...]
    answers: tuple[Answer, ...]
    rejected: pa.Table | None


class Membership:
    """The S&P 500's members. ``now`` is the market's clock."""

    vendor = VENDOR

    def __init__(self, transport: Transport, *, now: Callable[[], datetime] = utc_now) -> None:
        self._transport, self._now = transport, now

    def stays(self, *, not_older_than: date | None = None) -> Collected:
        """All stays since 1996 as rows of INDEX_MEMBERSHIP, in one request.

        A row is known from the end of its first day (New York) on, also when the stay has ended
        since: whoever asks for a past day compares the days with it, and looks at nothing else.
        Whoever was a member when the list begins has the list's first day.

        ``not_older_than``: the :func:`newest_change` that is stored.

        Raises:
            ContractError: a copy of the file from before that.
            VendorError: as the transport says, or the file is another one.
        """
        answer = self._ask(_STAYS)
        settled = stay_rows(answer.request, answer.body, self._now())
        newest = newest_change(settled.rows, self._now())
        refuse_older(answer, VENDOR, "changes", newest, not_older_than)
        return Collected(VENDOR, settled.rows, (answer,), settled.rejected, settled.doubled)

    def members(self) -> Members:
        """Today's members: canonical symbol, name, GICS sector."""
        answer = self._ask(_MEMBERS)
        companies, settled = member_rows(answer.request, answer.body)
        return Members(companies, (answer,), settled.rejected)

    def _ask(self, path: str) -> Answer:
        host = next(iter(MEMBERSHIP.hosts))
        return self._transport.send(Request(f"https://{host}{path}", json=False))


def newest_change(stays: pa.Table, now: datetime) -> date | None:
    """The last day before that of ``now`` (New York) on which a stay began or had just ended.

    ``stays``: rows of INDEX_MEMBERSHIP. What is only planned may be called off.
    """
    today = now.astimezone(NEW_YORK).date()
    begun = stays["first_day"].to_pylist()
    gone = [last + timedelta(days=1) for last in stays["last_day"].to_pylist() if last is not None]
    return max((day for day in (*begun, *gone) if day < today), default=None)


def stay_rows(request: str, body: bytes, now: datetime) -> Settled:
    """The file of stays. Its end date is the first day on which the symbol is no member any more.

    Raises:
        VendorOutage: a web page came instead.
        PayloadError: no text in UTF-8, or one that breaks off.
        ContractError: other columns, or no row at all.
    """
    sorting = Sorting(INDEX_MEMBERSHIP)
    read: list[tuple[dict[str, Any], Mapping[str, str]]] = []
    for said in _table(request, body, _STAY_COLUMNS):
        try:
            read.append((_stay(said, now), said))
        except Unreadable as why:
            sorting.refuse(said, str(why))
    for row, words, against in _with_overlaps(read):
        if against is None:
            sorting.accept(row, words)
        else:
            reason = f"the stay begins before the one from {against} is over"
            sorting.refuse(words, reason, OVERLAP, row)
    return sorting.settled()


def member_rows(request: str, body: bytes) -> tuple[tuple[Company, ...], Settled]:
    """The file of today's members, in its order; symbols that come twice are put aside.

    Raises:
        PayloadError, ContractError: see :func:`stay_rows`.
    """
    sorting = Sorting(INDEX_MEMBERSHIP)
    found: dict[str, Company] = {}
    for said in _table(request, body, _MEMBER_COLUMNS):
        try:
            company = _company(said)
        except Unreadable as why:
            sorting.refuse(said, str(why))
            continue
        if found.setdefault(company.symbol, company) != company:
            sorting.refuse(said, f"{company.symbol} stands there twice, with different words")
    return tuple(found.values()), sorting.settled()


def _company(said: Mapping[str, str]) -> Company:
    symbol, name, sector = (said[column].strip() for column in _MEMBER_COLUMNS)
    if not sector:
        raise Unreadable("it has no sector")
    return Company(_symbol(symbol), name, sector)


def _table(request: str, body: bytes, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file as texts by column; short rows have empty texts."""
    if is_web_page(body):
        raise VendorOutage(
            request,
            reason="a web page came where a list was agreed (maintenance or a proxy)",
            next_action="run again later; if it stays so, open the address in a browser",
            vendor=VENDOR,
        )
    try:
        text = body.removeprefix(MARK).decode()
    except UnicodeDecodeError as error:
        raise PayloadError(
            request,
            reason=f"not a text in UTF-8 (byte {error.start} of {len(body)})",
            next_action="run again; the bytes are kept under the payload's id",
            vendor=VENDOR,
        ) from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise _broken(request, f"not one whole CSV file ({error})") from None
    header, *rows = lines or [[]]
    if not set(columns) <= set(header):
        raise _broken(request, f"the columns are {', '.join(header)[:80]!r}")
    found = [dict(zip(header, row + [""] * len(header), strict=False)) for row in rows if row]
    if not found:
        raise _broken(request, "the file has no rows")
    if not text.endswith("\n"):
        # What is left of a CSV file that was cut off reads like one.
        raise PayloadError(
            request,
            reason=f"the last line breaks off after byte {len(body)}",
            next_action="run again; the bytes are kept under the payload's id",
            vendor=VENDOR,
        )
    return found


def _stay(said: Mapping[str, str], now: datetime) -> dict[str, Any]:
    first, gone = _day(said, "start_date"), _day(said, "end_date")
    if first is None:
        raise Unreadable("start_date is empty")
    if gone is not None and gone <= first:
        raise Unreadable(f"it ends on {gone}, not after its beginning on {first}")
    return {
        "index_symbol": INDEX,
        "symbol": _symbol(said["ticker"].strip()),
        "first_day": first,
        "last_day": None if gone is None else gone - timedelta(days=1),
        "known_at": min(now, known_on(first, None)),
    }


def _with_overlaps(
    read: Iterable[tuple[dict[str, Any], Mapping[str, str]]],
) -> Iterable[tuple[dict[str, Any], Mapping[str, str], date | None]]:
    """Each stay, and the first day of an earlier one of the same symbol that it overlaps."""
    before: dict[str, dict[str, Any]] = {}
    for row, said in sorted(read, key=lambda one: (one[0]["symbol"], one[0]["first_day"])):
        earlier = before.get(row["symbol"])
        if earlier is not None and earlier["first_day"] < row["first_day"]:
            last = earlier["last_day"]
            if last is None or last >= row["first_day"]:
                yield row, said, earlier["first_day"]
                continue
        before[row["symbol"]] = row
        yield row, said, None


def _symbol(text: str) -> str:
    try:
        return check_symbol(text)
    except BadSymbol:
        raise Unreadable(f"{text!r:.20} is not a symbol") from None


def _day(said: Mapping[str, str], name: str) -> date | None:
    text = said[name].strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{name} is {text!r:.20}, not a day") from None


def _broken(request: str, reason: str) -> ContractError:
    return ContractError(
        request,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with what the file used to hold",
        vendor=VENDOR,
    )
