"""Clients of vendors as settings want them: with their door, their key and the market's clock.

Belongs here: opening a client that more than one part of the product asks.
Does not belong here: what it is asked (one module per kind of feed), the door itself (doors.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stock_assets.market import Clock
from stock_assets.suppliers.doors import open_transport, secret

if TYPE_CHECKING:
    from stock_assets.settings import Settings
    from stock_assets.vendors.alpha_vantage import AlphaVantage
    from stock_assets.vendors.polygon import Polygon
    from stock_assets.vendors.yahoo import Yahoo


def open_yahoo(settings: Settings) -> Yahoo:
    """Yahoo through yfinance, with a cache directory of this home alone."""
    from stock_assets.vendors.yahoo import YAHOO, Yahoo

    transport = open_transport(settings, YAHOO)
    return Yahoo(transport, settings.home / "yahoo", now=Clock(settings.now).now)


def open_polygon(settings: Settings) -> Polygon:
    """Polygon through its own client.

    Raises:
        AuthError: POLYGON_API_KEY is not set.
    """
    from stock_assets.vendors.polygon import POLYGON, Polygon

    transport = open_transport(settings, POLYGON)
    return Polygon(transport, secret(settings.polygon_api_key), now=Clock(settings.now).now)


def open_alpha_vantage(settings: Settings) -> AlphaVantage:
    """Alpha Vantage by plain requests.

    Raises:
        AuthError: ALPHA_VANTAGE_API_KEY is not set.
    """
    from stock_assets.vendors.alpha_vantage import AlphaVantage
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE

    transport = open_transport(settings, ALPHA_VANTAGE)
    key = secret(settings.alpha_vantage_api_key)
    return AlphaVantage(transport, key, now=Clock(settings.now).now)
