"""Alpha Vantage: daily bars as traded, actions where the plan has them, company snapshots.

Belongs here: which function is asked for what, and how far back.
Does not belong here: what a refusal looks like (alpha_vantage_body.py), its fields
(alpha_vantage_rows.py), the economy (alpha_vantage_macro.py).
Source: alphavantage.co/documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from stock_assets.errors import ContractError, EntitlementError, VendorError
from stock_assets.market import calendar
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors import alpha_vantage_rows as rows
from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE, QUERY, VENDOR, read_body
from stock_assets.vendors.bars import Bars, session_index, sort_out
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.questions import check_days, check_key, check_share
from stock_assets.vendors.snapshots import Snapshots, fundamentals_of
from stock_assets.vendors.transport import Transport, utc_now

__all__ = ["ALPHA_VANTAGE", "AlphaVantage", "spelled"]

_COMPACT: Final = 100
"""So many bars are in a compact answer, the unfinished one included."""


class AlphaVantage:
    """Alpha Vantage's data about companies; ``BRK.B`` is ``BRK-B`` there.

    ``premium``: the plan has the whole history, and splits and dividends; free plans have the
    newest hundred bars. ``now`` is the market's clock: bars of sessions that are not final by
    then are left out.

    Raises:
        AuthError: without a key.
    """

    vendor = VENDOR
    serves_grouped_days = False

    def __init__(
        self,
        transport: Transport,
        api_key: str | None,
        *,
        premium: bool = False,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._key = check_key("ALPHA_VANTAGE_API_KEY", api_key, "Alpha Vantage")
        self._transport, self._premium, self._now = transport, premium, now

    @property
    def transport(self) -> Transport:
        """The door that it speaks through, with its meter and budget."""
        return self._transport

    def oldest_day(self) -> date | None:
        """The first session that the plan surely reaches back to; None: all of them."""
        if self._premium:
            return None
        closed = session_index().closed_through(self._now())
        return calendar().before(closed, _COMPACT - 2).day

    def bars(self, symbol: str, first: date, last: date) -> Bars:
        """Daily bars from ``first`` to ``last``, both included, in one request.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            EntitlementError: ``first`` is older than what the plan reaches back to; before too.
            RateLimited: the key's requests are used up; ``retry_after_s`` leads to the next day
                of the vendor, which begins at midnight in New York.
            NotFound: the symbol is unknown.
            VendorError: as the transport and the contract say.
        """
        check_share(symbol, "Alpha Vantage")
        check_days(first, last)
        closed = session_index().closed_through(self._now())
        if first > closed:
            return _nothing(symbol)
        oldest = self.oldest_day()
        if oldest is not None and first < oldest:
            raise EntitlementError(
                f"{symbol} {first} to {min(last, oldest - timedelta(days=1))}",
                reason=f"free plans have the newest {_COMPACT} bars, which begin on {oldest}",
                next_action=f"ask from {oldest} on, or upgrade the plan and say so in the settings",
                vendor=VENDOR,
            )
        function = "TIME_SERIES_DAILY_ADJUSTED" if self._premium else "TIME_SERIES_DAILY"
        recent = oldest is not None or first >= calendar().before(closed, _COMPACT - 2).day
        content, answer = self._ask(
            function,
            rows.SERIES,
            symbol=spelled(symbol),
            outputsize="compact" if recent else "full",
            by_day=True,
        )
        series = rows.read_series(answer.request, symbol, content, adjusted=self._premium)
        found = sort_out(series.rows, first, last, closed)
        return Bars(
            symbol,
            found.rows,
            rows.between(series.actions, first, last),
            (answer,),
            rejected=rows.joined(found.rejected, series.rejected),
            unfinished=found.unfinished + series.unfinished,
            doubled=found.doubled,
        )

    def grouped(self, day: date, symbols: Sequence[str]) -> Bars:
        """Alpha Vantage has no such request, and says so in ``serves_grouped_days``.

        Raises:
            ContractError: always.
        """
        raise ContractError(
            f"{len(symbols)} symbols on {day}",
            reason="Alpha Vantage has no request for many symbols on one day",
            next_action="ask for each symbol's range",
            vendor=VENDOR,
        )

    def fundamentals(self, symbols: Sequence[str], now: datetime) -> Snapshots:
        """Rows of FUNDAMENTALS as of ``now``, two requests each: quote and overview.

        ``volume_shares`` is always missing: Alpha Vantage has no mean of ten days.

        Raises:
            NotFound: nothing came, and the first company is unknown.
            VendorError: as for :meth:`bars`.
        """

        def one(symbol: str, answers: list[Answer]) -> dict[str, Any]:
            there = spelled(check_share(symbol, "Alpha Vantage"))
            quote, answer = self._ask("GLOBAL_QUOTE", rows.QUOTE, symbol=there)
            answers.append(answer)
            columns = rows.prices(symbol, quote)
            overview, answer = self._ask("OVERVIEW", rows.SYMBOL, symbol=there)
            answers.append(answer)
            return columns | rows.overview(symbol, overview)

        return fundamentals_of(symbols, one, VENDOR, now)

    def _ask(
        self, function: str, data_key: str, *, by_day: bool = False, **parameters: str
    ) -> tuple[Mapping[str, Any], Answer]:
        """One request; ``data_key`` is what an answer with data has at its top."""
        query = {"function": function, **parameters, "datatype": "json", "apikey": self._key}
        answer = self._transport.send(Request(f"{QUERY}?{urlencode(query)}"))
        try:
            content = read_body(
                answer.request,
                answer.body,
                data_key,
                redactor=self._transport.redactor,
                asked_at=self._now(),
                left_today=self._transport.budget.left_today(),
                by_day=by_day,
            )
        except VendorError as error:
            error.context["payload"] = answer.payload
            raise self._transport.refused(error) from None
        return content, answer


def spelled(symbol: str) -> str:
    """Alpha Vantage's spelling of a canonical symbol."""
    return symbol.replace(".", "-")


def _nothing(symbol: str) -> Bars:
    prices, actions = PRICES.row_schema.empty_table(), CORPORATE_ACTIONS.row_schema.empty_table()
    return Bars(symbol, prices, actions, ())
