"""Yahoo Finance through yfinance: daily bars and actions, as traded.

Belongs here: how the client is taken by the hand, and the rows that come of a chart.
Does not belong here: the chart's contract (yahoo_chart.py), its requests (yahoo_session.py).
Source: yfinance 1.7 (its ``data``, ``history`` and ``multi`` modules); Yahoo documents nothing.

A chart runs from the first wanted day to Yahoo's today whatever the last wanted day is: prices
are stated in today's shares, and every split since must be known to undo that.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.errors import (
    BadRange,
    BadSymbol,
    ContractError,
    RateLimited,
    SecurityError,
    StockAssetsError,
)
from stock_assets.market import NEW_YORK, check_symbol
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.bars import Bars, session_index
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.transport import Transport, utc_now
from stock_assets.vendors.yahoo_chart import VENDOR
from stock_assets.vendors.yahoo_rows import chart_rows

if TYPE_CHECKING:
    from stock_assets.vendors.yahoo_session import YahooSession

YAHOO: Final = Vendor(
    name="yahoo",
    hosts=frozenset(
        {
            "query1.finance.yahoo.com",
            "query2.finance.yahoo.com",
            "finance.yahoo.com",
            "fc.yahoo.com",
            "guce.yahoo.com",
            "consent.yahoo.com",
        }
    ),
    twin="/yahoo/{host}",
    key_advice="run again later: Yahoo wants a fresh cookie and crumb, not a key",
)

_ISIN: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_CLIENT: Final = threading.Lock()
"""yfinance keeps one session, cookie and crumb per process: one call at a time."""


class Yahoo:
    """Yahoo's daily bars. ``now`` is the market's clock.

    ``private``: a directory of ours alone for the client's caches (they would be unpickled, so
    they are switched off as well).

    Raises:
        SecurityError: somebody else can write that directory.
    """

    vendor = VENDOR
    serves_grouped_days = False

    def __init__(
        self, transport: Transport, private: Path, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._transport, self._now = transport, now
        self._private = _private_directory(private)
        self._session: YahooSession | None = None

    @property
    def transport(self) -> Transport:
        """The door that it speaks through, with its meter and budget."""
        return self._transport

    def oldest_day(self) -> date | None:
        """None: Yahoo has all of history."""
        return None

    def bars(self, symbol: str, first: date, last: date) -> Bars:
        """Daily bars, splits and dividends from ``first`` to ``last``, both included.

        A range in which Yahoo has nothing gives empty tables.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            VendorError: as the transport and the chart's contract say.
        """
        spelled = yahoo_symbol(symbol)
        if first > last:
            raise BadRange(
                f"{first} to {last}",
                reason="the first day is after the last one",
                next_action="swap the two dates",
            )
        closed = session_index().closed_through(self._now())
        if first > closed:
            return _nothing(symbol)
        with _CLIENT:
            session = self._prepared_session()
            session.begin(spelled)
            self._talk(session, spelled, first)
            chart, answers = session.chart, tuple(session.answers)
        if chart is None:
            return _nothing(symbol, answers)
        return chart_rows(symbol, chart, answers, first, last, closed)

    def grouped(self, day: date, symbols: Sequence[str]) -> Bars:
        """Yahoo has no such request, and says so in ``serves_grouped_days``.

        Raises:
            ContractError: always.
        """
        raise ContractError(
            f"{len(symbols)} symbols on {day}",
            reason="Yahoo has no request for many symbols on one day",
            next_action="ask for each symbol's range",
            vendor=VENDOR,
        )

    def _talk(self, session: YahooSession, spelled: str, first: date) -> None:
        """Let the client fetch the chart, and stop it there."""
        import yfinance
        from yfinance.exceptions import YFException, YFRateLimitError

        from stock_assets.vendors.yahoo_session import Enough

        end = max(self._now().astimezone(NEW_YORK).date(), utc_now().astimezone(NEW_YORK).date())
        try:
            yfinance.Ticker(spelled, session=session).history(
                start=first,
                end=end + timedelta(days=1),
                interval="1d",
                auto_adjust=False,
                actions=True,
                repair=False,
                keepna=True,
            )
        except Enough:
            return
        except StockAssetsError:
            raise
        except YFRateLimitError:
            raise RateLimited(
                spelled,
                reason="Yahoo refuses more requests for now",
                next_action="run again later, with fewer requests per minute",
                vendor=VENDOR,
            ) from None
        except (YFException, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise session.refusal() or _client_failed(spelled, type(error).__name__) from None
        raise _client_failed(spelled, "it returned without asking")

    def _prepared_session(self) -> YahooSession:
        """The client set up for us: loud errors, no memory of earlier answers, no files."""
        import yfinance
        from yfinance import cache
        from yfinance.data import YfData

        from stock_assets.vendors.yahoo_session import YahooSession

        if self._session is None:
            self._session = YahooSession(self._transport)
            self._transport.redactor.guard(logging.getLogger("yfinance"))
        yfinance.config.debug.hide_exceptions = False
        yfinance.set_tz_cache_location(str(self._private))
        # Cookies would be unpickled from a file, and time zones asked for once per symbol.
        cache._CookieCacheManager._Cookie_cache = cache._CookieCacheDummy()  # noqa: SLF001
        cache._ISINCacheManager._isin_cache = cache._ISINCacheDummy()  # noqa: SLF001
        cache._TzCacheManager._tz_cache = _NewYork()  # noqa: SLF001
        client = YfData(session=self._session)
        client.cache_get.cache_clear()
        if getattr(client, "stock_assets_session", None) is not self._session:
            # Another session's cookie and crumb are worth nothing here.
            client._cookie, client._crumb = None, None  # noqa: SLF001
            client._cookie_strategy = "basic"  # noqa: SLF001
            client.stock_assets_session = self._session
        return self._session


class _NewYork:
    """Stands for the client's cache of time zones: all our exchanges are in New York."""

    def lookup(self, _symbol: str) -> str:
        return NEW_YORK.key

    def store(self, _symbol: str, _zone: str | None) -> None:
        return None


def yahoo_symbol(symbol: object) -> str:
    """Yahoo's spelling of a canonical symbol: ``BRK.B`` is ``BRK-B``, ``^GSPC`` stays.

    Raises:
        BadSymbol: not a symbol, or one that the client would take for an ISIN and look up.
    """
    checked = check_symbol(symbol)
    if _ISIN.fullmatch(checked):
        raise BadSymbol(
            checked,
            reason="looks like an ISIN, which Yahoo's client would look up instead",
            next_action="give the ticker",
        )
    return checked.replace(".", "-")


def _client_failed(spelled: str, how: str) -> ContractError:
    return ContractError(
        spelled,
        reason=f"yfinance gave up before a chart came ({how})",
        next_action="compare the installed yfinance with requirements.lock",
        vendor=VENDOR,
    )


def _nothing(symbol: str, answers: tuple[Answer, ...] = ()) -> Bars:
    prices, actions = PRICES.row_schema.empty_table(), CORPORATE_ACTIONS.row_schema.empty_table()
    return Bars(symbol, prices, actions, answers)


def _private_directory(path: Path) -> Path:
    """The directory, made by us for us alone.

    Raises:
        SecurityError: it is somebody else's, or others can write it.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = path.lstat()
    foreign = os.name == "posix" and found.st_uid != os.getuid()
    if foreign or path.is_symlink() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SecurityError(
            path,
            reason="others can write this directory, and what lies in it would be trusted",
            next_action=f"remove it, or run: chmod 700 {path}",
        )
    path.chmod(0o700)
    return path
