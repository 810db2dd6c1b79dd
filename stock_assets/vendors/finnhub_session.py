"""The session that finnhub-python is given: its requests leave through the transport.

Belongs here: what the client wants from a requests session.
Does not belong here: what is asked, and what answers mean (finnhub.py).

The client would write the key into every address, and its errors repeat the address; here the key
travels in a header. Its time-out, and what it makes of statuses, are never reached: the transport
answers with a whole JSON document or raises our typed error.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.transport import Transport

_SLASHES: Final = re.compile("/{2,}")
_KEY_HEADER: Final = "X-Finnhub-Token"


class FinnhubSession(requests.Session):
    """A requests session whose requests go through the transport.

    ``answer`` holds the last answer; one call at a time.
    """

    def __init__(self, transport: Transport, api_key: str) -> None:
        super().__init__()
        self.trust_env = False
        self._transport, self._api_key = transport, api_key
        self.answer: Answer | None = None

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        **_ignored: object,
    ) -> requests.Response:
        """Send it; time-outs, redirects and proxies are the transport's business."""
        self.answer = None
        parts = urlsplit(url)
        query = urlencode({k: str(v) for k, v in (params or {}).items() if v is not None})
        # The client's base address ends where its paths begin: both with a slash.
        path = _SLASHES.sub("/", parts.path)
        address = f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else "")
        headers = {"Accept": "application/json", _KEY_HEADER: self._api_key}
        answer = self._transport.send(Request(address, method.upper(), headers))
        self.answer = answer
        return _response(answer)


def _response(answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response.raw = io.BytesIO(answer.body)
    response.encoding, response.url = "utf-8", answer.url
    return response
