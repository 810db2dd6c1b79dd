"""Finnhub through its own client: company news, company snapshots, the economic calendar.

Belongs here: which endpoint is asked for what, and in which windows.
Does not belong here: how the client is taken by the hand (finnhub_session.py), what its fields
mean (finnhub_rows.py), what is believed of an article (articles.py).
Source: finnhub.io/docs/api; finnhub-python 2.4.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from stock_assets.errors import PayloadError, VendorError
from stock_assets.vendors import finnhub_rows as rows
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.articles import Articles, Draft, accept
from stock_assets.vendors.finnhub_rows import VENDOR
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.questions import check_days, check_key, check_share
from stock_assets.vendors.rowwise import broken, list_of_objects
from stock_assets.vendors.snapshots import Snapshots, fundamentals_of
from stock_assets.vendors.transport import Transport, utc_now

if TYPE_CHECKING:
    from finnhub import Client

    from stock_assets.vendors.finnhub_session import FinnhubSession

FINNHUB: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"finnhub.io", "api.finnhub.io"}),
    twin="/finnhub",
    key_advice="set FINNHUB_API_KEY to a valid key",
)
BASE: Final = "https://finnhub.io/api/v1"
ROWS_AT_MOST: Final = 200
"""Finnhub cuts long lists of news without a word, at a number of rows that it does not tell; one
of so many rows is asked for again in two halves."""


class Finnhub:
    """Finnhub's data about companies. Symbols are spelled as ours are (``BRK.B``).

    ``now`` is the market's clock: what is published later is put aside.

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
        rows_at_most: int = ROWS_AT_MOST,
    ) -> None:
        self._key = check_key("FINNHUB_API_KEY", api_key, "Finnhub")
        self._transport, self._now, self._rows_at_most = transport, now, rows_at_most
        self._one_at_a_time = threading.Lock()

    def company_news(self, symbol: str, first: date, last: date) -> Articles:
        """Articles about a company from ``first`` to ``last``, both included.

        Windows in which the list may have been cut are halved until it is not; days of which so
        many articles came that there may be more stand in ``crowded``. A symbol that Finnhub does
        not know has no articles.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            VendorError: as the transport and the contract say.
        """
        check_share(symbol, "Finnhub")
        check_days(first, last)
        answers: list[Answer] = []
        crowded: list[date] = []
        drafts = list(self._news(symbol, first, last, answers, crowded))
        found, rejected, doubled = accept(VENDOR, symbol, drafts, first, last, self._now())
        return Articles(found, tuple(answers), rejected, doubled, crowded=tuple(crowded))

    def fundamentals(self, symbols: Sequence[str], now: datetime) -> Snapshots:
        """Rows of FUNDAMENTALS as of ``now``: price, capitalisation, ratios; three requests each.

        ``market_cap_usd`` is missing where Finnhub states it in another currency.

        Raises:
            NotFound: nothing came, and the first company is unknown (all prices are zero).
            VendorError: as the transport and the contract say.
        """
        return fundamentals_of(
            symbols, lambda symbol, answers: self._snapshot(symbol, answers, now), VENDOR, now
        )

    def economic_calendar(self, first: date, last: date) -> Snapshots:
        """Rows of ECONOMIC_EVENTS due from ``first`` to ``last`` (UTC); known from now on.

        Raises:
            EntitlementError: the plan does not include it; free ones do not.
            VendorError: as the transport and the contract say.
        """
        check_days(first, last)
        content, answer = self._call(
            lambda client: client.calendar_economic(_from=str(first), to=str(last))
        )
        listed = content.get("economicCalendar") if isinstance(content, dict) else None
        said = list_of_objects(answer.request, listed, VENDOR)
        found, rejected, doubled = rows.events(said, first, last, self._now())
        return Snapshots(found, (answer,), rejected, doubled=doubled)

    def _news(
        self, symbol: str, first: date, last: date, answers: list[Answer], crowded: list[date]
    ) -> Iterator[Draft]:
        content, answer = self._call(
            lambda client: client.company_news(symbol, _from=str(first), to=str(last))
        )
        answers.append(answer)
        listed = list_of_objects(answer.request, content, VENDOR)
        if len(listed) >= self._rows_at_most and first < last:
            middle = first + (last - first) // 2
            yield from self._news(symbol, first, middle, answers, crowded)
            yield from self._news(symbol, middle + timedelta(days=1), last, answers, crowded)
            return
        if len(listed) >= self._rows_at_most:
            crowded.append(first)
        yield from (rows.draft(symbol, said) for said in listed)

    def _snapshot(self, symbol: str, answers: list[Answer], now: datetime) -> dict[str, Any]:
        check_share(symbol, "Finnhub")
        quote = self._object(f"quote of {symbol}", answers, lambda client: client.quote(symbol))
        columns = rows.prices(symbol, quote, now)
        profile = self._object(
            f"profile of {symbol}", answers, lambda client: client.company_profile2(symbol=symbol)
        )
        facts = self._object(
            f"metrics of {symbol}",
            answers,
            lambda client: client.company_basic_financials(symbol, "all"),
        )
        return columns | rows.capitalisation(symbol, profile) | rows.ratios(symbol, facts)

    def _object(
        self, what: str, answers: list[Answer], ask: Callable[[Client], object]
    ) -> dict[str, Any]:
        content, answer = self._call(ask)
        answers.append(answer)
        if not isinstance(content, dict):
            raise broken(what, f"a JSON {type(content).__name__} came instead of an object", VENDOR)
        return content

    def _call(self, ask: Callable[[Client], object]) -> tuple[object, Answer]:
        """One call of the client, and the answer behind it."""
        from finnhub import FinnhubAPIException, FinnhubRequestException

        with self._one_at_a_time:
            try:
                content = ask(self._client)
            except (FinnhubAPIException, FinnhubRequestException):
                raise self._unreadable("of another content type than JSON") from None
            answer = self._session.answer
        if answer is None or isinstance(content, str):
            # The client hands over plain text as if it was data.
            raise self._unreadable("plain text instead of JSON")
        return content, answer

    def _unreadable(self, what: str) -> VendorError:
        answer = self._session.answer
        return PayloadError(
            answer.request if answer else "Finnhub",
            reason=f"the answer is {what}",
            next_action="run again later; the bytes are kept under the payload's id",
            vendor=VENDOR,
            payload=answer.payload if answer else None,
        )

    @cached_property
    def _session(self) -> FinnhubSession:
        from stock_assets.vendors.finnhub_session import FinnhubSession

        return FinnhubSession(self._transport, self._key)

    @cached_property
    def _client(self) -> Client:
        """finnhub-python, speaking through the transport; the key stays with the session."""
        from finnhub import Client

        client = Client(api_key=None)
        client.API_URL = BASE
        client._session = self._session  # noqa: SLF001
        return client
