"""Recorded news and announcements, asked for by our own clients.

Belongs here: which question of ours a recorded answer of Finnhub, NewsAPI or of
the Federal Reserve replies to, and how many rows of it are ours.
Does not belong here: other vendors (replay_*.py), the bench (replay.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from stock_assets.tables import ECONOMIC_EVENTS, FED_RELEASES, FOMC_MEETINGS, FUNDAMENTALS
from stock_assets.vendors.collected import Collected
from stock_assets.vendors.fed import FED, Fed
from stock_assets.vendors.finnhub import FINNHUB, Finnhub
from stock_assets.vendors.newsapi import NEWSAPI, NewsApi
from stock_assets_tests.vendors.conftest import CANARY
from stock_assets_tests.vendors.recordings import Recording
from stock_assets_tests.vendors.replay import (
    Bench,
    Kind,
    Outcome,
    day_in,
    days_in,
    new_york_day,
    of_articles,
    outcome,
    share_of,
)
from stock_assets_tests.vendors.stub import json_reply


def finnhub_news(bench: Bench) -> Outcome:
    """News of a company; the list counts as whole, however long it is."""
    said = bench.recording
    rows = said.rows()
    stamps = [row["datetime"] for row in rows if isinstance(row.get("datetime"), int)]
    came = [new_york_day(stamp) for stamp in stamps] or [said.day]
    first = day_in(said.query.get("from"), min(came))
    last = max(first, day_in(said.query.get("to"), max(came)))
    with bench.transport(FINNHUB) as transport:
        at_most = len(rows) + 1
        client = Finnhub(transport, CANARY, now=lambda: said.now, rows_at_most=at_most)
        return of_articles(bench, client.company_news(share_of(said), first, last), len(rows))


def finnhub_quote(bench: Bench) -> Outcome:
    """A company's figures of which only the quote was recorded."""
    return _figures(bench, 0)


def finnhub_profile(bench: Bench) -> Outcome:
    """A company's figures of which only the profile was recorded."""
    return _figures(bench, 1)


def finnhub_metrics(bench: Bench) -> Outcome:
    """A company's figures of which only the metrics were recorded."""
    return _figures(bench, 2)


def _figures(bench: Bench, place: int) -> Outcome:
    symbol, now = share_of(bench.recording), bench.recording.now
    quote = dict.fromkeys(("c", "o", "h", "l", "pc"), 1.0) | {"t": int(now.timestamp())}
    replies = [json_reply(quote), json_reply({}), json_reply({"metric": {}})]
    replies[place] = bench.reply
    with bench.transport(FINNHUB, *replies) as transport:
        found = Finnhub(transport, CANARY, now=lambda: now).fundamentals([symbol], now)
    return outcome(bench.connection, 1, (FUNDAMENTALS, found.rows), rejected=found.rejected)


def finnhub_calendar(bench: Bench) -> Outcome:
    """What is due in the economy."""
    said = bench.recording
    rows = said.rows("economicCalendar")
    came = days_in(rows, "time", said.day)
    first = day_in(said.query.get("from"), came[0])
    last = max(first, day_in(said.query.get("to"), came[1]))
    with bench.transport(FINNHUB) as transport:
        client = Finnhub(transport, CANARY, now=lambda: said.now)
        found = client.economic_calendar(first, last)
    return outcome(
        bench.connection,
        len(rows),
        (ECONOMIC_EVENTS, found.rows),
        rejected=found.rejected,
        left_out=found.doubled,
    )


def newsapi_articles(bench: Bench) -> Outcome:
    """Articles about the company whose name was looked for."""
    said = bench.recording
    name = said.query.get("q", "").strip('"') or "Shopify"
    came = days_in(said.rows("articles"), "publishedAt", said.day)
    first = day_in(said.query.get("from"), came[0])
    last = max(first, day_in(said.query.get("to"), came[1]))
    with bench.transport(NEWSAPI) as transport:
        client = NewsApi(transport, CANARY, names={"X": name}, now=lambda: said.now)
        found = client.company_news("X", first, last)
    return of_articles(bench, found, len(said.rows("articles")))


def fed_feed(bench: Bench) -> Outcome:
    """The newest announcements."""
    held = len(re.findall(rb"<item[ >]", bench.recording.body))
    return _announced(bench, lambda fed: fed.feed().collected, held)


def fed_list(bench: Bench) -> Outcome:
    """Years of announcements; a row that only says when the list was made is none."""
    rows = _listed(bench.recording)
    held = sum("l" in row or "updateDate" not in row for row in rows)
    return _announced(bench, lambda fed: fed.releases(), held)


def _announced(bench: Bench, ask: Callable[[Fed], Collected], held: int) -> Outcome:
    now = bench.recording.now
    with bench.transport(FED) as transport:
        found = ask(Fed(transport, now=lambda: now))
    return outcome(
        bench.connection,
        held,
        (FED_RELEASES, found.rows),
        rejected=found.rejected,
        left_out=found.doubled,
    )


def fed_calendar(bench: Bench) -> Outcome:
    """Meetings of the committee; everybody else's events are none of ours, nor are doubles."""
    now = bench.recording.now
    with bench.transport(FED) as transport:
        found = Fed(transport, now=lambda: now).calendar().collected
    aside = found.rejected.num_rows if found.rejected else 0
    held = found.rows.num_rows + aside
    return outcome(bench.connection, held, (FOMC_MEETINGS, found.rows), rejected=found.rejected)


def _listed(said: Recording) -> list[dict[str, object]]:
    return replace(said, body=said.body.lstrip(b"\xef\xbb\xbf")).rows()


_FED = "www.federalreserve.gov"
_FINNHUB = " ".join(sorted(FINNHUB.hosts))
KINDS = (
    Kind(_FINNHUB, "/api/v1/+company-news", finnhub_news),
    Kind(_FINNHUB, "/api/v1/+quote", finnhub_quote),
    Kind(_FINNHUB, "/api/v1/+stock/profile2", finnhub_profile),
    Kind(_FINNHUB, "/api/v1/+stock/metric", finnhub_metrics),
    Kind(_FINNHUB, "/api/v1/+calendar/economic", finnhub_calendar),
    Kind("newsapi.org", "/v2/(everything|top-headlines)", newsapi_articles),
    Kind(_FED, "/feeds/press_[a-z]+.xml", fed_feed),
    Kind(_FED, "/json/ne-press.json", fed_list),
    Kind(_FED, "/json/calendar.json", fed_calendar),
)
OTHERS = (
    *(
        Kind(_FINNHUB, ".*", ask)
        for ask in (finnhub_news, finnhub_quote, finnhub_profile, finnhub_metrics, finnhub_calendar)
    ),
    Kind("newsapi.org", ".*", newsapi_articles),
    *(Kind(_FED, ".*", ask) for ask in (fed_feed, fed_list, fed_calendar)),
)
"""All that the same vendor is asked for: no answer to another question may pass for it."""
