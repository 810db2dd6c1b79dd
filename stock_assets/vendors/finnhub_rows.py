"""From Finnhub's answers to columns: articles, quotes, profiles, metrics, events.

Belongs here: Finnhub's fields, their units, and who must be echoed.
Does not belong here: asking (finnhub.py), what is believed of an article (articles.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa

from stock_assets.errors import ContractError, NotFound
from stock_assets.tables import ECONOMIC_EVENTS
from stock_assets.vendors.article_texts import clean
from stock_assets.vendors.articles import Draft, instant_of_seconds
from stock_assets.vendors.questions import EDGE, is_near
from stock_assets.vendors.rowwise import Aside, Row, broken, number, one_per_key

VENDOR: Final = "finnhub"

_MILLION: Final = 1e6
_WORDS_AT_MOST: Final = 200
_QUOTE: Final = {
    "price_usd": "c",
    "open_usd": "o",
    "high_usd": "h",
    "low_usd": "l",
    "previous_close_usd": "pc",
}
_YIELDS: Final = ("currentDividendYieldTTM", "dividendYieldIndicatedAnnual")
_RATIOS: Final = ("peTTM", "peBasicExclExtraTTM")
_EVENT_NUMBERS: Final = {"estimate": "estimate", "previous": "prev", "actual": "actual"}


def draft(symbol: str, said: Row) -> Draft:
    """A row of company news."""
    get, related = said.get, said.get("related")
    is_about = related == symbol
    if not is_about and isinstance(related, str):
        is_about = symbol in [name.strip() for name in related.split(",")]
    return Draft(
        get("id"),
        instant_of_seconds(get("datetime")),
        get("headline"),
        get("summary"),
        get("source"),
        get("url"),
        said,
        is_about,
    )


def prices(symbol: str, quote: Row, now: datetime) -> dict[str, Any]:
    """Columns of a quote.

    Raises:
        NotFound: all its prices are zero.
        ContractError: it has no prices, is from the future, or a field is of another type.
    """
    what = f"quote of {symbol}"
    found = {name: number(what, quote, field, VENDOR) for name, field in _QUOTE.items()}
    if all(value is None for value in found.values()):
        raise broken(what, "it has no prices", VENDOR)
    if not any(found.values()):
        raise NotFound(
            symbol,
            reason="all its prices are zero, which is how Finnhub says that it is unknown",
            next_action="check the symbol; a renamed one has another",
            vendor=VENDOR,
        )
    traded_at = instant_of_seconds(quote.get("t"))
    if traded_at is None or traded_at > now + EDGE:
        raise broken(what, f"t is {quote.get('t')!r:.40}, not a time up to now", VENDOR)
    return found


def capitalisation(symbol: str, profile: Row) -> dict[str, Any]:
    """In US dollars; missing in other currencies, and for funds, which have no profile."""
    what = f"profile of {symbol}"
    if profile and profile.get("ticker") != symbol:
        raise broken(what, f"the answer is about {profile.get('ticker')!r:.40}", VENDOR)
    millions = number(what, profile, "marketCapitalization", VENDOR)
    if millions is None or profile.get("currency") != "USD":
        return {"market_cap_usd": None}
    return {"market_cap_usd": millions * _MILLION}


def ratios(symbol: str, facts: Row) -> dict[str, Any]:
    """Volume, price over earnings, dividend yield of the basic financials."""
    what = f"metrics of {symbol}"
    if facts.get("symbol") not in (symbol, None):
        raise broken(what, f"the answer is about {facts.get('symbol')!r:.40}", VENDOR)
    metric = facts.get("metric")
    if not isinstance(metric, dict):
        raise broken(what, "metric is not an object", VENDOR)
    volume = number(what, metric, "10DayAverageTradingVolume", VENDOR)
    return {
        "volume_shares": None if volume is None else volume * _MILLION,
        "pe_ratio": _first(what, metric, _RATIOS),
        "dividend_yield_percent": _first(what, metric, _YIELDS),
    }


def events(
    listed: Sequence[Row], first: date, last: date, now: datetime
) -> tuple[pa.Table, pa.Table | None, int]:
    """Rows of ECONOMIC_EVENTS, those put aside, and how many were doubled."""
    aside, good = Aside(ECONOMIC_EVENTS), []
    for said in listed:
        row, wrong = _event(said, first, last, now)
        if wrong:
            aside.add(row, said, *wrong)
        else:
            good.append((row, said))
    rows, doubled = one_per_key(ECONOMIC_EVENTS, good, aside)
    return rows, aside.table(), doubled


def _event(
    said: Row, first: date, last: date, now: datetime
) -> tuple[dict[str, Any], tuple[str, str] | None]:
    words = {name: _words(said.get(name)) for name in ("country", "event", "impact", "unit")}
    due_at = _utc(said.get("time"))
    row: dict[str, Any] = {"vendor": VENDOR, **words, "due_at": due_at, "known_at": now}
    try:
        for name, field in _EVENT_NUMBERS.items():
            row[name] = number("event", said, field, VENDOR)
    except ContractError as error:
        return row, ("numbers_readable", error.reason)
    if row["country"] is None or row["event"] is None:
        return row, ("event_named", "it has no country or no name")
    if due_at is None:
        return row, ("due_at_readable", "when it is due cannot be read")
    if not is_near(due_at, first, last):
        return row, ("due_when_asked_for", "due more than a day outside of the days asked for")
    return row, None


def _first(what: str, metric: Row, names: Sequence[str]) -> float | None:
    values = (number(what, metric, name, VENDOR) for name in names)
    return next((value for value in values if value is not None), None)


def _words(value: object) -> str | None:
    return (clean(value, _WORDS_AT_MOST) or None) if isinstance(value, str) else None


def _utc(text: object) -> datetime | None:
    """The calendar's times are UTC without saying so."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
