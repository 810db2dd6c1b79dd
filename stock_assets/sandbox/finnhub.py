"""Finnhub as its clients see it: who may ask, how often, and where each path leads.

Belongs here: keys, plans, limits, refusals, routing. Does not belong here: articles
(finnhub_news.py), quotes and companies (finnhub_company.py), calendars (finnhub_calendar.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stock_assets.sandbox.finnhub_calendar import CalendarView, Schedule
from stock_assets.sandbox.finnhub_company import CompanyView
from stock_assets.sandbox.finnhub_news import NewsView
from stock_assets.sandbox.limits import (
    FINNHUB_FREE,
    FINNHUB_SECOND,
    FREE_KEY,
    UNLIMITED_KEY,
    Limits,
)
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.economic_events import economic_events
from stock_assets.sandbox.wire import Answer, Ask, json_answer

_API: Final = "/api/v1/"
_PREMIUM: Final = frozenset({"calendar/economic", "stock/candle"})
_NEVER_HELD: Final = frozenset({"stock/candle"})
"""What the twin's larger plan does not include either."""
_SIGN_UP: Final = "API limit reached. Please sign up for a free account to continue using the API."
_TOO_MANY: Final = "API limit reached. Please try again later. Remaining Limit: 0"
_PAID: Final = "You don't have access to this resource."


class Finnhub:
    """Answers what is asked of ``finnhub.io``; ``schedule`` tells the economic events."""

    def __init__(self, truth: Truth, limits: Limits, schedule: Schedule = economic_events) -> None:
        self._limits = limits
        news = NewsView(truth)
        company = CompanyView(truth)
        calendar = CalendarView(truth.seed, schedule)
        self._paths: dict[str, Callable[[Ask], Answer]] = {
            "company-news": news.company,
            "news": news.general,
            "quote": company.quote,
            "stock/profile2": company.profile,
            "stock/metric": company.metric,
            "calendar/economic": calendar.economic,
            "stock/market-holiday": calendar.holidays,
        }

    def answer(self, ask: Ask) -> Answer:
        """One response; an empty token is refused as if it had asked too often, as at Finnhub."""
        key = ask.query.get("token") or ask.headers.get("x-finnhub-token", "")
        if not key:
            return _failure(429, _SIGN_UP)
        if key not in (FREE_KEY, UNLIMITED_KEY):
            return _failure(401, "Invalid API key")
        if key == UNLIMITED_KEY:
            return self._routed(ask, key)
        allowed = self._limits.allows(f"finnhub {key} second", FINNHUB_SECOND)
        allowed = allowed and self._limits.allows(f"finnhub {key}", FINNHUB_FREE)
        answer = self._routed(ask, key) if allowed else _failure(429, _TOO_MANY)
        return Answer(answer.status, answer.body, answer.content_type, self._counted(ask, key))

    def _counted(self, ask: Ask, key: str) -> dict[str, str]:
        """What is left of the minute, and when the bucket is full again."""
        left = self._limits.remaining(f"finnhub {key}", FINNHUB_FREE)
        full_in = (FINNHUB_FREE.count - left) * FINNHUB_FREE.seconds / FINNHUB_FREE.count
        return {
            "x-ratelimit-limit": str(FINNHUB_FREE.count),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(int(ask.now.timestamp() + full_in)),
        }

    def _routed(self, ask: Ask, key: str) -> Answer:
        name = ask.path.removeprefix(_API).rstrip("/")
        if name in _NEVER_HELD or (name in _PREMIUM and key == FREE_KEY):
            return _failure(403, _PAID)
        found = self._paths.get(name) if ask.path.startswith(_API) else None
        return _failure(404, "Resource not found") if found is None else found(ask)


def _failure(status: int, error: str) -> Answer:
    return json_answer({"error": error}, status)
