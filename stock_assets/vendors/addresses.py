"""Whom we may ask: a vendor's hosts, and where the twin answers for them.

Belongs here: the allow-list, and the one mapping from a vendor's address to the twin's.
Does not belong here: sending anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from stock_assets.errors import SecurityError

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who may be asked in a vendor's name.

    ``twin``: prefix under which the twin answers; ``{host}`` stands for the vendor's host.
    ``key_advice``: what to do when the key is refused.
    """

    name: str
    hosts: frozenset[str]
    twin: str
    key_advice: str


class Addresses:
    """One vendor's addresses, live or through the twin.

    Raises:
        SecurityError: when ``sandbox_url`` is not on loopback.
    """

    def __init__(self, vendor: Vendor, sandbox_url: str | None) -> None:
        self._vendor = vendor
        self._sandbox = sandbox_url.rstrip("/") if sandbox_url else None
        if self._sandbox:
            parts = urlsplit(self._sandbox)
            if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.username:
                raise SecurityError(
                    "the twin's address",
                    reason="the twin lives on loopback only, and speaks http",
                    next_action="set STOCK_ASSETS_SANDBOX_URL to http://127.0.0.1:PORT",
                )

    @property
    def in_sandbox(self) -> bool:
        """Whether the twin answers instead of the vendor."""
        return self._sandbox is not None

    @staticmethod
    def host(url: str) -> str:
        """The host of an address, in lower case."""
        return urlsplit(url).hostname or ""

    def check(self, url: str) -> SplitResult:
        """Refuse any address that is not plainly one of the vendor's own.

        Raises:
            SecurityError: other scheme, host or port, credentials in it, or a path that climbs.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise self._refused("an address that cannot be read") from None
        if parts.scheme != "https" or parts.hostname not in self._vendor.hosts:
            raise self._refused(f"{parts.scheme}://{parts.hostname}")
        if port not in {None, 443} or parts.username is not None or parts.password is not None:
            raise self._refused(f"{parts.hostname} with a port or a user")
        path = unquote(unquote(parts.path))
        if ".." in path.split("/") or "\\" in path or any(ord(c) < 33 for c in url):
            raise self._refused(f"{parts.hostname} with a path that climbs")
        return parts

    def redirected(self, url: str, location: str) -> str:
        """Where a redirect leads, seen from the vendor's address, if it is allowed."""
        new = urljoin(url, location)
        self.check(new)
        return new

    def reachable(self, url: str) -> str:
        """The address to connect to: the vendor's own, or the twin's for it."""
        parts = self.check(url)
        if self._sandbox is None:
            return url
        prefix = self._vendor.twin.format(host=parts.hostname)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._sandbox}{prefix}{parts.path or '/'}{query}"

    def _refused(self, what: str) -> SecurityError:
        return SecurityError(
            ascii(what)[1:-1][:120],
            reason=f"not an address of {self._vendor.name}",
            next_action=f"only {', '.join(sorted(self._vendor.hosts))} may be asked, by https",
            vendor=self._vendor.name,
        )
