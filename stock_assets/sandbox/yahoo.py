"""Yahoo Finance as its web clients see it: cookie, crumb, consent, and the v8 chart.

Belongs here: hosts, paths and refusals. Does not belong here: the
chart's numbers (yahoo_chart.py), indices and currencies (yahoo_context.py).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from stock_assets.sandbox import viewing, yahoo_chart
from stock_assets.sandbox.instants import MIDNIGHT, instant
from stock_assets.sandbox.limits import YAHOO, Limits
from stock_assets.sandbox.truth import Stock, Truth
from stock_assets.sandbox.wire import Answer, Ask, http_date, json_answer, text_answer
from stock_assets.sandbox.yahoo_chart import Seen
from stock_assets.sandbox.yahoo_context import YahooContext
from stock_assets.sandbox.yahoo_meta import VALID_RANGES, describe
from stock_assets.sandbox.yahoo_series import Series, Window, series

CRUMB: Final = "tWin.cRumb1"
COOKIE: Final = "d=AQABBTwinMarketCookie&S=AQAAAtwin"
QUERY_HOSTS: Final = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
HOSTS: Final = ("fc.yahoo.com", "guce.yahoo.com", "consent.yahoo.com", *QUERY_HOSTS)

_CHART: Final = re.compile(r"/v8/finance/chart/([^/]+)/?")
_SECONDS: Final = re.compile(r"-?\d{1,12}")
_INTRADAY: Final = ("1m", "2m", "5m", "15m", "30m", "60m", "90m", "1h")
_MONTHS: Final = {"1mo": 1, "3mo": 3, "6mo": 6, "1y": 12, "2y": 24, "5y": 60, "10y": 120}
_SESSION_ID: Final = "3_cc-session_twin"


class Yahoo:
    """Answers what is asked of ``*.yahoo.com``, from the truth and the asker's instant."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._truth, self._limits = truth, limits
        self._series: dict[str, tuple[date, date, Series]] = {}
        self._context = YahooContext(truth)

    def answer(self, ask: Ask) -> Answer:
        """One response, as the host that was asked would give it."""
        if not self._limits.allows("yahoo", YAHOO):
            return text_answer("Too Many Requests\r\n", 429, "text/html")
        match ask.host, ask.path:
            case "fc.yahoo.com", _:
                return _with_cookie(text_answer("", 404, "text/html"), ask)
            case ("guce.yahoo.com", "/consent"):
                return text_answer(_CONSENT_PAGE, content_type="text/html")
            case ("consent.yahoo.com", "/v2/collectConsent"):
                return text_answer("", content_type="text/html")
            case ("guce.yahoo.com", "/copyConsent"):
                return _with_cookie(text_answer("", content_type="text/html"), ask)
            case host, "/v1/test/getcrumb" if host in QUERY_HOSTS:
                return text_answer(CRUMB)
            case host, path if host in QUERY_HOSTS and (found := _CHART.fullmatch(path)):
                return self._chart(ask, found[1])
        return text_answer("<!DOCTYPE html><title>404</title>Not Found", 404, "text/html")

    def _chart(self, ask: Ask, ticker: str) -> Answer:
        if ask.query.get("crumb", CRUMB) not in ("", CRUMB):
            return _refusal("finance", 401, "Unauthorized", "Invalid Crumb")
        seen = self._context.seen(ticker.upper(), ask.now) or self._seen(ticker.upper(), ask)
        if seen is None:
            text = "No data found, symbol may be delisted"
            return _refusal("chart", 404, "Not Found", text)
        interval = ask.query.get("interval", "1d")
        if interval != "1d":
            return _wrong_interval(ask, interval)
        window = _window(ask, seen)
        if isinstance(window, Answer):
            return window
        return json_answer(yahoo_chart.body(seen, window))

    def _seen(self, ticker: str, ask: Ask) -> Seen | None:
        """A share as of the asker's instant."""
        stock = self._listed(ticker, ask.today)
        if stock is None:
            return None
        shown, live = self._shown(stock, ask), viewing.live_bar(stock, ask.now)
        return Seen(shown, live, lambda window: describe(stock, shown, window, ask.now, live))

    def _listed(self, ticker: str, today: date) -> Stock | None:
        """Yahoo writes share classes with a dash, and forgets what is delisted."""
        if "." in ticker:
            return None
        stock = self._truth.trading_as(ticker.replace("-", "."), today)
        return stock if stock is not None and stock.listing.is_active(today) else None

    def _shown(self, stock: Stock, ask: Ask) -> Series:
        """The symbol's series as of the asker's instant; the newest one asked for is kept."""
        symbol, through = stock.listing.symbol, viewing.finished_through(ask.now)
        kept = self._series.get(symbol)
        if kept is None or kept[:2] != (through, ask.today):
            kept = (through, ask.today, series(stock, through, ask.today))
            self._series[symbol] = kept
        return kept[2]


def _window(ask: Ask, seen: Seen) -> Window | Answer:
    """Which bars are wanted, or why they cannot be had."""
    shown = seen.shown
    now = int(ask.now.timestamp())
    if "range" in ask.query or "period1" not in ask.query:
        return _named_range(ask, seen, ask.query.get("range", "1d"))
    begin, end = ask.query["period1"], ask.query.get("period2", str(now))
    if not (_SECONDS.fullmatch(begin) and _SECONDS.fullmatch(end)):
        text = f"Invalid input - period1={begin}, period2={end} are not timestamps"
        return _refusal("chart", 400, "Bad Request", text)
    window = Window(int(begin), int(end))
    if window.first >= window.end:
        text = (
            "Invalid input - start date cannot be after end date. "
            f"startDate = {begin}, endDate = {end}"
        )
        return _refusal("chart", 400, "Bad Request", text)
    if not len(shown.stamps) or window.end <= int(shown.stamps[0]) or window.first > now:
        text = f"Data doesn't exist for startDate = {begin}, endDate = {end}"
        return _refusal("chart", 400, "Bad Request", text)
    return window


def _named_range(ask: Ask, seen: Seen, label: str) -> Window | Answer:
    now = int(ask.now.timestamp()) + 1
    if label == "max":
        return Window(-(2**40), now, label)
    if label == "ytd":
        return Window(instant(ask.today.replace(month=1, day=1), MIDNIGHT), now, label)
    if label in _MONTHS:
        return Window(instant(_months_before(ask.today, _MONTHS[label]), MIDNIGHT), now, label)
    if label in ("1d", "5d"):
        finished = int(label[0]) - (seen.live is not None)
        if not finished:
            return Window(instant(ask.today, MIDNIGHT), now, label)
        newest = seen.shown.stamps[-finished:]
        return Window(int(newest[0]) if len(newest) else now, now, label)
    valid = ", ".join(VALID_RANGES)
    text = f"Invalid input - range={label} is not supported. Valid ranges: [{valid}]"
    return _refusal("chart", 422, "Unprocessable Entity", text)


def _months_before(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 - months
    first = date(whole // 12, whole % 12 + 1, 1)
    next_month = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(day=min(day.day, (next_month - timedelta(days=1)).day))


def _wrong_interval(ask: Ask, interval: str) -> Answer:
    """The twin holds daily bars; finer ones are refused in the words for ranges too long."""
    if interval in _INTRADAY:
        begin, end = ask.query.get("period1", "0"), ask.query.get("period2", "0")
        text = (
            f"{interval} data not available for startDate={begin} and endDate={end}. "
            f"Only 8 days worth of {interval} granularity data are allowed to be fetched "
            "per request."
        )
    else:
        text = f"Invalid input - interval={interval} is not supported. Valid intervals: [1d]"
    return _refusal("chart", 422, "Unprocessable Entity", text)


def _refusal(envelope: str, status: int, code: str, description: str) -> Answer:
    error = {"code": code, "description": description}
    return json_answer({envelope: {"result": None, "error": error}}, status)


def _with_cookie(answer: Answer, ask: Ask) -> Answer:
    expires = http_date(ask.now + timedelta(days=365))
    cookie = (
        f"A3={COOKIE}; Expires={expires}; Max-Age=31536000; Domain=.yahoo.com; Path=/; "
        "SameSite=None; Secure; HttpOnly"
    )
    return Answer(answer.status, answer.body, answer.content_type, {"set-cookie": cookie})


_CONSENT_PAGE: Final = f"""<!DOCTYPE html><html><body>
<form method="post" action="https://consent.yahoo.com/v2/collectConsent?sessionId={_SESSION_ID}">
<input type="hidden" name="csrfToken" value="twinCsrf1">
<input type="hidden" name="sessionId" value="{_SESSION_ID}">
<button type="submit" name="agree" value="agree">Accept all</button>
</form></body></html>
"""
