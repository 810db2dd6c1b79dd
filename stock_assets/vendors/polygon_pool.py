"""polygon-api-client's connection pool, replaced: its requests leave through the transport.

Belongs here: the few things that the client wants from urllib3.
Does not belong here: what is asked (polygon.py). The client's own retries, time-outs and parsing
are never reached: it is called with ``raw=True`` and gets whole answers or our typed errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.transport import Transport

POLYGON: Final = Vendor(
    name="polygon",
    hosts=frozenset({"api.polygon.io", "api.massive.com"}),
    twin="/polygon",
    key_advice="set POLYGON_API_KEY to a valid key",
)
BASE: Final = "https://api.polygon.io"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the client takes for a urllib3 response; the answer itself hangs on it."""

    answer: Answer

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status

    @property
    def data(self) -> bytes:
        """The body."""
        return self.answer.body


class TransportPool:
    """Stands where the client keeps its ``urllib3.PoolManager``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def request(
        self,
        method: str,
        url: str,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawAnswer:
        """Send it. Raises the transport's typed errors for anything but a whole JSON answer."""
        query = f"{'&' if '?' in url else '?'}{urlencode(dict(fields))}" if fields else ""
        request = Request(url + query, method=method, headers=dict(headers or {}))
        return RawAnswer(self._transport.send(request))
