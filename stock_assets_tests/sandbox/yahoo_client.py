"""yfinance pointed at the twin: for tests of the Yahoo view."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from curl_cffi import requests as curl


class LoopbackSession(curl.Session):  # type: ignore[type-arg]
    """Sends what is meant for ``*.yahoo.com`` to the twin, and refuses every other host."""

    def __init__(self, base: str) -> None:
        super().__init__(trust_env=False)
        self._base = base

    def request(self, method: Any, url: str, **options: Any) -> Any:  # type: ignore[override]
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.hostname.endswith(".yahoo.com"), f"not for this session: {url}"
        options.pop("impersonate", None)
        query = f"?{parts.query}" if parts.query else ""
        response = super().request(
            method, f"{self._base}/yahoo/{parts.hostname}{parts.path}{query}", **options
        )
        response.url = url
        return response
