"""Polygon as its clients see it: who may ask, what the plan includes, and where each path leads.

Belongs here: keys, plans, refusals, routing. Does not belong here: bars
(polygon_bars.py), listings and corporate actions (polygon_reference.py), articles
(polygon_news.py).
"""

from __future__ import annotations

import re
from typing import Final

from stock_assets.sandbox.limits import FREE_KEY, POLYGON_FREE, UNLIMITED_KEY, Limits
from stock_assets.sandbox.polygon_bars import BarsView
from stock_assets.sandbox.polygon_envelope import Plan, failure, request_id
from stock_assets.sandbox.polygon_news import NewsView
from stock_assets.sandbox.polygon_reference import ReferenceView
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.wire import Answer, Ask

PLANS: Final = {FREE_KEY: Plan.FREE, UNLIMITED_KEY: Plan.UNLIMITED}

_AGGS: Final = re.compile(r"/v2/aggs/ticker/([^/]+)/range/([^/]+)/([^/]+)/([^/]+)/([^/]+)/?")
_GROUPED: Final = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)/?")
_DETAILS: Final = re.compile(r"/v3/reference/tickers/([^/]+)/?")
_EVENTS: Final = re.compile(r"/vX/reference/tickers/([^/]+)/events/?")
_TOO_MANY: Final = (
    "You've exceeded the maximum requests per minute, please wait or upgrade your subscription "
    "to continue. https://polygon.io/pricing"
)


class Polygon:
    """Answers what is asked of ``api.polygon.io``, from the truth and the asker's instant."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._limits, self._label = limits, truth.label
        self._bars = BarsView(truth)
        self._reference = ReferenceView(truth)
        self._news = NewsView(truth)

    def answer(self, ask: Ask) -> Answer:
        """One response; the key decides the plan, and the plan the pace and the window."""
        number = request_id(self._label, ask.number)
        key = _key(ask)
        plan = PLANS.get(key)
        if plan is None:
            return failure(401, number, error="Unknown API Key")
        if plan is Plan.FREE and not self._limits.allows(f"polygon {key}", POLYGON_FREE):
            return failure(429, number, error=_TOO_MANY)
        return self._routed(ask, plan, number)

    def _routed(self, ask: Ask, plan: Plan, number: str) -> Answer:
        path = ask.path
        if found := _AGGS.fullmatch(path):
            return self._bars.aggregates(ask, plan, number, found.groups())
        if found := _GROUPED.fullmatch(path):
            return self._bars.grouped(ask, plan, number, found[1])
        if path.rstrip("/") == "/v3/reference/tickers":
            return self._reference.tickers(ask, number)
        if path.rstrip("/") == "/v3/reference/splits":
            return self._reference.splits(ask, number)
        if path.rstrip("/") == "/v3/reference/dividends":
            return self._reference.dividends(ask, number)
        if path.rstrip("/") == "/v2/reference/news":
            return self._news.news(ask, number)
        if found := _DETAILS.fullmatch(path):
            return self._reference.details(ask, number, found[1])
        if found := _EVENTS.fullmatch(path):
            return self._reference.events(ask, number, found[1])
        return failure(404, number, status="NOT_FOUND", message="The requested path was not found.")


def _key(ask: Ask) -> str:
    bearer = ask.headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        return bearer.removeprefix("Bearer ").strip()
    return ask.query.get("apiKey", "")
