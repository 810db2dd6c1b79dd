"""The vendors' own words when they refuse, fail or excuse themselves.

Belongs here: one whole answer per name, ``vendor.what``, in the vendor's form and wording.
Does not belong here: when they are said (rules.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from stock_assets.sandbox.polygon_envelope import failure, request_id
from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer

Preset = Callable[[Ask], Answer]

_XML: Final = '<?xml version="1.0" encoding="utf-8" ?>\n'


def _polygon(status: int, state: str = "ERROR", **text: str) -> Preset:
    return lambda ask: failure(status, request_id("fault", ask.number), status=state, **text)


def _json(content: object, status: int = 200) -> Preset:
    return lambda _ask: json_answer(content, status)


def _html(title: str, text: str, status: int) -> Preset:
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><center><h1>{text}</h1></center></body></html>\n"
    )
    return lambda _ask: text_answer(page, status, "text/html")


def _yahoo(envelope: str, status: int, code: str, description: str) -> Preset:
    error = {"code": code, "description": description}
    return _json({envelope: {"result": None, "error": error}}, status)


def _alpha_vantage(field: str, text: str) -> Preset:
    """Always 200; ``{key}`` is the asker's own, which this vendor repeats."""
    return lambda ask: json_answer({field: text.replace("{key}", ask.query.get("apikey", "demo"))})


def _finnhub_limit(text: str) -> Preset:
    def preset(ask: Ask) -> Answer:
        reset = str(int(ask.now.timestamp()) + 60)
        answer = json_answer({"error": text}, 429)
        headers = {
            "x-ratelimit-limit": "60",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": reset,
        }
        return Answer(answer.status, answer.body, answer.content_type, headers)

    return preset


def _finnhub_redirect(ask: Ask) -> Answer:
    """Some who ask too often are sent to a page."""
    page = '<a href="/finnhub/">Found</a>.\n'
    answer = text_answer(page, 302, "text/html")
    return Answer(answer.status, answer.body, answer.content_type, {"location": "/finnhub/"})


def _news_api(status: int, code: str, message: str) -> Preset:
    return _json({"status": "error", "code": code, "message": message}, status)


def _fred(code: int, message: str) -> Preset:
    """XML unless JSON was asked for."""

    def preset(ask: Ask) -> Answer:
        if ask.query.get("file_type") == "json":
            return json_answer({"error_code": code, "error_message": message}, code)
        page = f'{_XML}\n<error code="{code}" message={quoteattr(message)}/>\n'
        return text_answer(page, code, "text/xml")

    return preset


def _world_bank(number: str, key: str, value: str) -> Preset:
    return _json([{"message": [{"id": number, "key": key, "value": value}]}])


_ZEROS: Final[dict[str, Any]] = {
    "c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0,
}  # fmt: skip

PRESETS: Final[dict[str, Preset]] = {
    "polygon.401": _polygon(401, error="Unknown API Key"),
    "polygon.403": _polygon(
        403,
        "NOT_AUTHORIZED",
        message="You are not entitled to this data. Please upgrade your plan at "
        "https://polygon.io/pricing",
    ),
    "polygon.403.today": _polygon(
        403,
        "NOT_AUTHORIZED",
        message="Attempted to request today's data before end of day. Please upgrade your plan at "
        "https://polygon.io/pricing",
    ),
    "polygon.403.history": _polygon(
        403,
        "NOT_AUTHORIZED",
        message="Your plan doesn't include this data timeframe. Please upgrade your plan at "
        "https://polygon.io/pricing",
    ),
    "polygon.404": _polygon(404, "NOT_FOUND", message="Ticker not found."),
    "polygon.429": _polygon(
        429,
        error="You've exceeded the maximum requests per minute, please wait or upgrade your "
        "subscription to continue. https://polygon.io/pricing",
    ),
    "polygon.error": _polygon(200, error="An internal error occurred."),
    "yahoo.401": _yahoo("finance", 401, "Unauthorized", "Invalid Crumb"),
    "yahoo.404": _yahoo("chart", 404, "Not Found", "No data found, symbol may be delisted"),
    "yahoo.429": lambda _ask: text_answer("Too Many Requests\r\n", 429, "text/html"),
    "yahoo.429.edge": lambda _ask: text_answer("Edge: Too Many Requests", 429, "text/html"),
    "yahoo.html": _html("Yahoo", "Will be right back...", 200),
    "yahoo.consent": lambda _ask: text_answer(
        "<!DOCTYPE html><html><title>Yahoo is part of the Yahoo family of brands</title>"
        '<form method="post" action="/copyConsent"><button name="agree">Accept all</button>'
        "</form></html>",
        content_type="text/html",
    ),
    "yahoo.crumb": lambda _ask: text_answer(
        '<!DOCTYPE html><html lang="zh"><title>Yahoo</title></html>', content_type="text/html"
    ),
    "av.information": _alpha_vantage(
        "Information",
        "We have detected your API key as {key} and our standard API rate limit is 25 requests per "
        "day. Please subscribe to any of the premium plans at "
        "https://www.alphavantage.co/premium/ to instantly remove all daily rate limits.",
    ),
    "av.sparingly": _alpha_vantage(
        "Information",
        "Thank you for using Alpha Vantage! Please consider spreading out your free API requests "
        "more sparingly (1 request per second). You may subscribe to any of the premium plans at "
        "https://www.alphavantage.co/premium/ to lift the free key rate limit (25 requests per "
        "day), raise the per-second burst limit, and instantly unlock all premium endpoints",
    ),
    "av.premium": _alpha_vantage(
        "Information",
        "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any "
        "of the premium plans at https://www.alphavantage.co/premium/ to instantly unlock all "
        "premium endpoints",
    ),
    "av.demo": _alpha_vantage(
        "Information",
        "The **demo** API key is for demo purposes only. Please claim your free API key at "
        "(https://www.alphavantage.co/support/#api-key) to explore our full API offerings.",
    ),
    "av.note": _alpha_vantage(
        "Note",
        "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute "
        "and 500 calls per day. Please visit https://www.alphavantage.co/premium/ if you would "
        "like to target a higher API call frequency.",
    ),
    "av.error": _alpha_vantage(
        "Error Message",
        "Invalid API call. Please retry or visit the documentation "
        "(https://www.alphavantage.co/documentation/) for TIME_SERIES_DAILY.",
    ),
    "av.empty": _json({}),
    "finnhub.302": _finnhub_redirect,
    "finnhub.401": _json({"error": "Invalid API key"}, 401),
    "finnhub.403": _json({"error": "You don't have access to this resource."}, 403),
    "finnhub.429": _finnhub_limit("API limit reached. Please try again later. Remaining Limit: 0"),
    "finnhub.429.key": _finnhub_limit(
        "API limit reached. Please sign up for a free account to get more requests."
    ),
    "finnhub.zeros": _json(_ZEROS),
    "finnhub.empty": _json([]),
    "newsapi.401": _news_api(
        401,
        "apiKeyInvalid",
        "Your API key is invalid or incorrect. Check your key, or go to https://newsapi.org to "
        "create a free API key.",
    ),
    "newsapi.401.missing": _news_api(
        401,
        "apiKeyMissing",
        "Your API key is missing. Append this to the URL with the apiKey param, or use the "
        "x-api-key HTTP header.",
    ),
    "newsapi.426": _news_api(
        426,
        "maximumResultsReached",
        "You have requested too many results. Developer accounts are limited to a max of 100 "
        "results. You are trying to request results 100 to 150. Please upgrade to a paid plan if "
        "you need more results.",
    ),
    "newsapi.426.history": _news_api(
        426,
        "parameterInvalid",
        "You are trying to request results too far in the past. Your plan permits you to request "
        "articles as far back as a month ago. You may need to upgrade to a paid plan.",
    ),
    "newsapi.429": _news_api(
        429,
        "rateLimited",
        "You have made too many requests recently. Developer accounts are limited to 100 requests "
        "over a 24 hour period (50 requests available every 12 hours). Please upgrade to a paid "
        "plan if you need more requests.",
    ),
    "newsapi.500": _news_api(500, "unexpectedError", "This shouldn't happen."),
    "fred.400": _fred(
        400,
        "Bad Request.  The value for variable api_key is not registered.  Read "
        "https://fred.stlouisfed.org/docs/api/api_key.html for more information.",
    ),
    "fred.400.series": _fred(400, "Bad Request.  The series does not exist."),
    "fred.400.vintages": _fred(
        400,
        "Bad Request.  There are 2004 vintage dates in the specified real-time period: 1776-07-04 "
        "to 9999-12-31.  This exceeds the maximum number of vintage dates allowed (2000).",
    ),
    "fred.429": _fred(429, "Too Many Requests.  Exceeded Rate Limit"),
    "fred.500": _fred(500, "Internal Server Error"),
    "worldbank.error": _world_bank(
        "120", "Invalid value", "The provided parameter value is not valid"
    ),
    "worldbank.empty": _json(
        [
            {"page": 1, "pages": 0, "per_page": 1000, "total": 0, "sourceid": None},
            None,
        ]
    ),
    "treasury.400": _json(
        {
            "error": "Invalid Query Param",
            "message": "Invalid query parameter: Limit '10001' is invalid. Expected an integer "
            "between 1 and 10000.",
        },
        400,
    ),
    "treasury.404": _html("404", "Page Not Found", 404),
    "treasury.429": _json({"error": "Too Many Requests", "message": "Rate limit exceeded."}, 429),
    "fed.html": _html("Board of Governors of the Federal Reserve System", "Page not found", 200),
    "html.502": _html("502 Bad Gateway", "502 Bad Gateway", 502),
    "html.503": _html("503 Service Unavailable", "503 Service Temporarily Unavailable", 503),
    "html.504": _html("504 Gateway Time-out", "504 Gateway Time-out", 504),
    "html.login": _html("Sign in", "Sign in to continue", 200),
}
