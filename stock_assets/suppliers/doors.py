"""The doors to the vendors: a transport with our terms, how much of them is left, is anybody there.

Belongs here: which vendors there are, how often each may be asked with our key, and that the twin
is never taken for them. Does not belong here: what is asked through a door (the other modules of
this room), how a vendor is spoken to (vendors/).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stock_assets.errors import ConfigError
from stock_assets.lake import PayloadStore

if TYPE_CHECKING:
    from pydantic import SecretStr

    from stock_assets.settings import Settings
    from stock_assets.vendors.addresses import Vendor
    from stock_assets.vendors.budget import Budget
    from stock_assets.vendors.transport import Transport
    from stock_assets.vendors.vendor_day import DailyLimit


def open_transport(settings: Settings, vendor: Vendor) -> Transport:
    """The one door to a vendor, with a budget that all our processes share.

    Raises:
        ConfigError: the twin is meant and its address is not set, or the other way round.
    """
    from stock_assets.vendors.redaction import Redactor
    from stock_assets.vendors.transport import Limits, Transport

    check_environment(settings)
    terms = terms_of(settings, vendor.name)
    settings.locks.mkdir(parents=True, exist_ok=True)
    return Transport(
        vendor,
        capture=PayloadStore(settings.payload_root).put,
        budget=terms.budget(settings),
        redactor=Redactor([terms.key]),
        sandbox_url=settings.sandbox_url,
        limits=Limits(deadline_s=settings.request_deadline_s, attempts=settings.request_attempts),
    )


def check_environment(settings: Settings) -> None:
    """Refuse to take the twin for the vendors, or the vendors for the twin, or a proxy for it.

    Raises:
        ConfigError: environment and address of the twin contradict each other, or a proxy of the
            environment would catch what is meant for the twin.
    """
    from stock_assets.vendors.proxies import check_loopback_is_direct

    if settings.environment == "sandbox" and settings.sandbox_url is None:
        raise ConfigError(
            "STOCK_ASSETS_SANDBOX_URL",
            reason="is not set, and STOCK_ASSETS_ENVIRONMENT is sandbox: nobody may be asked",
            next_action="start `stock-assets sandbox` and set it to the url that it prints",
        )
    if settings.environment == "live" and settings.sandbox_url is not None:
        raise ConfigError(
            "STOCK_ASSETS_SANDBOX_URL",
            reason="is set, and STOCK_ASSETS_ENVIRONMENT is live: the twin's answers would be "
            "stored as real ones",
            next_action="set STOCK_ASSETS_ENVIRONMENT=sandbox, or take the address away",
        )
    if settings.sandbox_url is not None:
        check_loopback_is_direct()


@dataclass(frozen=True)
class Terms:
    """Our key for a vendor, and how often it may be asked; feeds of one vendor share them.

    ``spacing_s``: seconds between any two requests, for vendors that forbid bursts.
    """

    vendor: str
    key: str | None = field(repr=False)
    per_minute: float
    per_day: DailyLimit | None = None
    spacing_s: float = 0.0

    def budget(self, settings: Settings) -> Budget:
        """The bucket that all our processes share. Nothing is written before it is used."""
        from stock_assets.vendors.budget import Budget

        return Budget(
            settings.locks,
            self.vendor,
            self.key,
            self.per_minute,
            per_day=self.per_day,
            spacing_s=self.spacing_s,
        )


def terms_of(settings: Settings, vendor: str) -> Terms:
    """What is agreed with a vendor: our key, and how often it may be asked."""
    from stock_assets.vendors.alpha_vantage_body import SPACING_S
    from stock_assets.vendors.vendor_day import DailyLimit

    per_minute = {
        "alpha_vantage": settings.alpha_vantage_requests_per_minute,
        "finnhub": settings.finnhub_requests_per_minute,
        "fred": settings.fred_requests_per_minute,
        "polygon": settings.polygon_requests_per_minute,
        "yahoo": settings.yahoo_requests_per_minute,
    }
    per_day = {
        "alpha_vantage": DailyLimit(settings.alpha_vantage_requests_per_day),
        "newsapi": DailyLimit(settings.newsapi_requests_per_day, zone=None, parts=2),
    }
    pace = per_minute.get(vendor, settings.open_requests_per_minute)
    # Paid plans allow more than a request per second.
    spacing_s = SPACING_S if vendor == "alpha_vantage" and pace < 60.0 else 0.0
    return Terms(
        vendor,
        secret(getattr(settings, f"{vendor}_api_key", None)),
        pace,
        per_day.get(vendor),
        spacing_s,
    )


@dataclass(frozen=True)
class Allowance:
    """How often a vendor may be asked: per minute, per day, and what is left of it.

    ``wait_s``: seconds until the next request may go, 0 when it may go now.
    """

    per_minute: float
    per_day: int | None
    left_today: int | None
    wait_s: float


def allowance(settings: Settings, vendor: str) -> Allowance:
    """What is left of a vendor's budget. Nothing is taken, asked or written.

    Raises:
        StorageUnavailable: what has been used so far cannot be read.
    """
    terms = terms_of(settings, vendor)
    budget = terms.budget(settings)
    per_day = terms.per_day.requests if terms.per_day else None
    if not budget.path.is_file():
        return Allowance(terms.per_minute, per_day, per_day, 0.0)
    return Allowance(terms.per_minute, per_day, budget.left_today(), max(0.0, budget.peek()))


def reach(settings: Settings, vendor: str) -> None:
    """One request without a key, outside of the quota: is the vendor, or its twin, there?

    Raises:
        ConfigError, VendorError, SecurityError: why it cannot be asked.
    """
    from stock_assets.vendors.probe import knock

    check_environment(settings)
    knock(vendors()[vendor], settings.sandbox_url)


def is_vendor(name: str) -> bool:
    """Whether there is anybody to ask; sessions come from a calendar of our own."""
    return name in vendors()


def vendors() -> dict[str, Vendor]:
    """Everybody there is to ask, by name."""
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE
    from stock_assets.vendors.fed import FED
    from stock_assets.vendors.finnhub import FINNHUB
    from stock_assets.vendors.fred import FRED
    from stock_assets.vendors.membership import MEMBERSHIP
    from stock_assets.vendors.newsapi import NEWSAPI
    from stock_assets.vendors.polygon import POLYGON
    from stock_assets.vendors.treasury import TREASURY
    from stock_assets.vendors.world_bank import WORLD_BANK
    from stock_assets.vendors.yahoo import YAHOO

    known = (
        ALPHA_VANTAGE,
        FED,
        FINNHUB,
        FRED,
        MEMBERSHIP,
        NEWSAPI,
        POLYGON,
        TREASURY,
        WORLD_BANK,
        YAHOO,
    )
    return {vendor.name: vendor for vendor in known}


def secret(key: SecretStr | None) -> str | None:
    """A key as it is sent, None where it is not set."""
    return key.get_secret_value() if key else None
