"""Is anybody there? One request to a vendor without a key, outside of every quota.

Belongs here: which address is knocked at, and what the answer tells. Nothing is kept, counted or
tried again, and no redirect is followed.
Does not belong here: asking for data (transport.py), what is told to the user (cli/).
"""

from __future__ import annotations

from typing import Final

from stock_assets.errors import (
    ContractError,
    RateLimited,
    TransportError,
    VendorError,
    VendorOutage,
)
from stock_assets.vendors.addresses import Addresses, Vendor
from stock_assets.vendors.messages import OK
from stock_assets.vendors.statuses import REDIRECTS, not_json
from stock_assets.vendors.wire import CurlWire, Outgoing, Unreachable, Wire

DEADLINE_S: Final = 10.0
MAX_BYTES: Final = 4 * 1024 * 1024

_REFUSES_STRANGERS: Final = {
    "alpha_vantage": "https://www.alphavantage.co/query?function=REAL_GDP",
    "finnhub": "https://finnhub.io/api/v1/quote?symbol=AAPL",
    "fred": "https://api.stlouisfed.org/fred/releases?file_type=json",
    "newsapi": "https://newsapi.org/v2/everything?q=stocks",
    "polygon": "https://api.polygon.io/v3/reference/tickers",
}
"""Where an answer is a refusal, in JSON, because no key is shown."""
_OPEN: Final = {
    "treasury": "https://api.fiscaldata.treasury.gov/services/api/fiscal_service"
    "/v2/accounting/od/debt_to_penny?page%5Bsize%5D=1",
    "world_bank": "https://api.worldbank.org/v2/country/USA?format=json",
    "yahoo": "https://query2.finance.yahoo.com/v8/finance/chart/%5EGSPC?range=1d&interval=1d",
}
"""Where everybody gets an answer in JSON."""
_FILES: Final = {
    "fed": "https://www.federalreserve.gov/feeds/press_monetary.xml",
    "membership": "https://raw.githubusercontent.com/fja05680/sp500/master/"
    "sp500_ticker_start_end.csv",
}
"""Where everybody gets a file."""
_TWIN: Final = "start the twin (`stock-assets sandbox`), or correct STOCK_ASSETS_SANDBOX_URL"
_LATER: Final = "run again later; if it stays so, look for a proxy or a firewall in between"
_DOORS: Final = _REFUSES_STRANGERS | _OPEN | _FILES


def knock(vendor: Vendor, sandbox_url: str | None, wire: Wire | None = None) -> None:
    """Return when the vendor, or its twin, would serve us; a key is neither shown nor judged.

    Raises:
        VendorError: nobody answers, it is unwell, it refuses everybody, or somebody else answers.
        SecurityError: the server's certificate is not to be trusted.
    """
    url = _DOORS[vendor.name]
    address = Addresses(vendor, sandbox_url).reachable(url)
    carry = wire or CurlWire(trust_env=sandbox_url is None, max_bytes=MAX_BYTES)
    impersonate = vendor.name in _OPEN and sandbox_url is None
    host = Addresses.host(url)
    try:
        answer = carry(Outgoing("GET", address, {}, impersonate=impersonate), DEADLINE_S)
    except Unreachable as error:
        error.reason = f"nobody answers at {sandbox_url or host}"
        error.next_action = _TWIN if sandbox_url else "check the network"
        raise
    except TransportError as error:
        error.reason, error.next_action = f"{host}: {error.reason}", _LATER
        raise
    if answer.status in REDIRECTS:
        return
    is_stranger = vendor.name in _REFUSES_STRANGERS and answer.status < 500
    wrong: VendorError | None = None
    if answer.status not in OK and not is_stranger:
        wrong = _refused(host, answer.status)
    elif vendor.name not in _FILES:
        wrong = not_json(host, answer.body)
        if wrong:
            wrong.reason, wrong.next_action = f"{host}: {wrong.reason}", _LATER
    if wrong:
        raise wrong


def _refused(host: str, status: int) -> VendorError:
    if status >= 500:
        return VendorOutage(
            host, reason=f"{host} is unwell (status {status})", next_action=_LATER, status=status
        )
    if status == 429:
        return RateLimited(
            host,
            reason=f"{host} says that we ask too often (status 429)",
            next_action="wait a while; if it stays so, lower its requests per minute",
            status=status,
        )
    return ContractError(
        host,
        reason=f"{host} does not serve us (status {status})",
        next_action="open it in a browser; it may have moved, or block this network",
        status=status,
    )
