"""Alpha Vantage as its clients see it: everything is HTTP 200, refusals too.

Belongs here: keys, the day's allowance, premium functions, which function leads where.
Does not belong here: prices (alpha_vantage_prices.py), companies (alpha_vantage_company.py),
economic functions (alpha_vantage_economy.py).
"""

from __future__ import annotations

from typing import Final

from stock_assets.sandbox import alpha_vantage_company as company
from stock_assets.sandbox import alpha_vantage_prices as prices
from stock_assets.sandbox.alpha_vantage_economy import FUNCTIONS, economic
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY, Limits, Rate
from stock_assets.sandbox.truth import Stock, Truth
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer

ALPHA_VANTAGE_FREE: Final = Rate(25, 86_400.0)
DEMO_KEY: Final = "demo"

_STOCK_FUNCTIONS: Final = (
    "TIME_SERIES_DAILY", "TIME_SERIES_DAILY_ADJUSTED", "GLOBAL_QUOTE", "OVERVIEW",
)  # fmt: skip
_SITE: Final = "https://www.alphavantage.co"
_NO_KEY: Final = (
    "the parameter apikey is invalid or missing. Please claim your free API key on "
    f"({_SITE}/support/#api-key). It should take less than 20 seconds."
)
_DEMO: Final = (
    "The **demo** API key is for demo purposes only. Please claim your free API key at "
    f"({_SITE}/support/#api-key) to explore our full API offerings. It takes fewer than 20 seconds."
)
_PLANS: Final = f"You may subscribe to any of the premium plans at {_SITE}/premium/ to instantly"
_FULL: Final = (
    "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature "
    f"for the TIME_SERIES_DAILY endpoint. {_PLANS} unlock all premium features"
)
_PREMIUM: Final = (
    "Thank you for using Alpha Vantage! This is a premium endpoint. "
    f"{_PLANS} unlock all premium endpoints"
)


class AlphaVantage:
    """Answers what is asked of ``www.alphavantage.co``, from the truth and the asker's instant."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._truth, self._limits = truth, limits

    def answer(self, ask: Ask) -> Answer:
        """One response."""
        if ask.path.rstrip("/") != "/query":
            return text_answer("<!DOCTYPE html><title>404</title>Not Found", 404, "text/html")
        key = ask.query.get("apikey", "")
        if key == DEMO_KEY:
            return _information(_DEMO)
        if key not in (FREE_KEY, UNLIMITED_KEY):
            return _error(_NO_KEY)
        is_free = key == FREE_KEY
        if is_free and not self._limits.allows(f"alphavantage {key}", ALPHA_VANTAGE_FREE):
            return _information(
                f"We have detected your API key as {key} and our standard API rate limit is "
                f"{ALPHA_VANTAGE_FREE.count} requests per day. Please subscribe to any of the "
                f"premium plans at {_SITE}/premium/ to instantly remove all daily rate limits."
            )
        function = ask.query.get("function", "").upper()
        if function in FUNCTIONS:
            published = economic(economy(self._truth.seed), function, ask.query, ask.now)
            return _invalid(function) if published is None else published
        if function in _STOCK_FUNCTIONS:
            return self._about_stock(ask, function, is_free=is_free)
        return _error(f"This API function ({ask.query.get('function', '')}) does not exist.")

    def _about_stock(self, ask: Ask, function: str, *, is_free: bool) -> Answer:
        if is_free and function == "TIME_SERIES_DAILY_ADJUSTED":
            return _information(_PREMIUM)
        size = ask.query.get("outputsize", "compact")
        if is_free and function == "TIME_SERIES_DAILY" and size == "full":
            return _information(_FULL)
        symbol = ask.query.get("symbol", "").upper()
        stock = self._known(symbol, ask)
        if function == "GLOBAL_QUOTE" and symbol:
            return json_answer({"Global Quote": prices.quote(stock, symbol, ask) if stock else {}})
        if function == "OVERVIEW" and symbol:
            seed = self._truth.seed
            return json_answer(company.overview(stock, symbol, seed, ask.now) if stock else {})
        if stock is None or size not in prices.SIZES:
            return _invalid(function)
        is_adjusted = function == "TIME_SERIES_DAILY_ADJUSTED"
        return prices.daily(stock, symbol, ask, size, is_adjusted=is_adjusted)

    def _known(self, symbol: str, ask: Ask) -> Stock | None:
        """The stock under its ticker of today, delisted ones too; share classes with a dash."""
        if "." in symbol:
            return None
        stock = self._truth.trading_as(symbol.replace("-", "."), ask.today)
        return stock if stock is not None and prices.has_traded(stock, ask.now) else None


def _information(text: str) -> Answer:
    return json_answer({"Information": text})


def _error(text: str) -> Answer:
    return json_answer({"Error Message": text})


def _invalid(function: str) -> Answer:
    return _error(
        f"Invalid API call. Please retry or visit the documentation ({_SITE}/documentation/) "
        f"for {function}."
    )
