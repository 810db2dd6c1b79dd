"""The twin without a server: every request passes here, is answered, and is written down.

Belongs here: which vendor answers, the faults and the door on the way to it, the log.
Does not belong here: HTTP (server.py), any vendor's words (yahoo.py, polygon.py).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Protocol

from stock_assets.market import calendar, decision_time
from stock_assets.sandbox import yahoo
from stock_assets.sandbox.alpha_vantage import AlphaVantage
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.faults import Faults
from stock_assets.sandbox.fed import Fed
from stock_assets.sandbox.finnhub import Finnhub
from stock_assets.sandbox.fred import Fred
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.membership import Membership
from stock_assets.sandbox.newsapi import NewsApi
from stock_assets.sandbox.polygon import Polygon
from stock_assets.sandbox.request_log import Entry, RequestLog, without_secrets
from stock_assets.sandbox.treasury import Treasury
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.wire import Answer, Ask, text_answer
from stock_assets.sandbox.world_bank import WorldBank
from stock_assets.sandbox.yahoo import Yahoo

Respond = Callable[[Ask], Answer]
Door = Callable[[Ask, Respond], Awaitable[Answer]]
"""Stands between an asker and the vendors: gets the request and the way to answer it.

It may wait, answer something else, or ask as if it were another time (``replace(ask, now=...)``).
"""


class Vendor(Protocol):
    """A vendor's view of the truth."""

    def answer(self, ask: Ask) -> Answer:
        """The vendor's response."""
        ...


async def open_door(ask: Ask, respond: Respond) -> Answer:
    """The door that changes nothing."""
    return respond(ask)


class Twin:
    """One market with its vendors, clock, limits and log.

    Args:
        truth: what really happens.
        clock: the market's time; real time by default.
        limits: the vendors' patience; as stingy as the real ones by default.
        door: what every request to a vendor passes, behind the faults.

    ``token`` opens the control API. ``faults`` says what goes wrong; at first nothing does.
    """

    def __init__(
        self,
        truth: Truth,
        clock: TwinClock | None = None,
        *,
        limits: Limits | None = None,
        door: Door = open_door,
    ) -> None:
        self.truth = truth
        self.clock = clock or TwinClock()
        self.limits = limits or Limits()
        self.door = door
        self.log = RequestLog()
        self.token: Final = secrets.token_urlsafe(24)
        self._vendors: dict[str, Vendor] = {
            "yahoo": Yahoo(truth, self.limits),
            "polygon": Polygon(truth, self.limits),
            "finnhub": Finnhub(truth, self.limits),
            "newsapi": NewsApi(truth, self.limits),
            "fred": Fred(truth, self.limits),
            "worldbank": WorldBank(truth, self.limits),
            "alphavantage": AlphaVantage(truth, self.limits),
            "fed": Fed(truth, self.limits),
            "treasury": Treasury(truth, self.limits),
            "membership": Membership(truth, self.limits),
        }
        self.faults = Faults(tuple(self._vendors))
        self._lock = threading.Lock()
        self._requests = 0

    def introduction(self) -> dict[str, object]:
        """What whoever starts the twin is told: token, symbols, first and last decided session."""
        newest = calendar().last_decided(min(self.clock.now(), decision_time(self.truth.last_day)))
        first = min(stock.bars.days[0] for stock in self.truth.stocks.values())
        return {
            "token": self.token,
            "symbols": list(self.truth.symbols),
            "first_session": str(first),
            "last_session": newest.day.isoformat(),
        }

    async def respond(self, ask: Ask) -> Answer:
        """Number the request, let it pass the faults and the door, answer and log it."""
        with self._lock:
            self._requests += 1
            ask = replace(ask, number=self._requests, now=self.clock.now())
        answer, struck = await self.faults.through(ask, self._through_the_door)
        self._record(ask, answer, struck)
        return answer

    def route(self, path: str) -> tuple[str, str, str]:
        """(vendor, host, remaining path) of a collapsed path; the vendor is "" if there is none."""
        _, vendor, *rest = [*path.split("/", 2), ""][:3]
        remaining = "/" + (rest[0] if rest else "")
        if vendor == "yahoo":
            host, _, tail = remaining[1:].partition("/")
            return ("yahoo", host, f"/{tail}") if host in yahoo.HOSTS else ("", "", path)
        return (vendor, "", remaining) if vendor in self._vendors else ("", "", path)

    async def _through_the_door(self, ask: Ask) -> Answer:
        return await self.door(ask, self._answer)

    def _answer(self, ask: Ask) -> Answer:
        vendor = self._vendors.get(ask.vendor)
        if vendor is None:
            known = ", ".join(f"/{name}/" for name in self._vendors)
            return text_answer(f"No vendor answers here. Known: {known}\n", 404)
        return vendor.answer(ask)

    def _record(self, ask: Ask, answer: Answer, struck: tuple[str, ...]) -> None:
        query, headers = without_secrets(ask.query, ask.headers)
        self.log.add(
            Entry(
                ask.number,
                ask.now.isoformat(),
                ask.vendor,
                ask.host,
                ask.method,
                ask.path,
                query,
                headers,
                answer.status,
                len(answer.body),
                struck,
            )
        )
