"""The session that yfinance is given: its requests leave through the transport.

Belongs here: what yfinance wants from a curl_cffi session, cookies, crumbs and consent.
Does not belong here: what a chart means (yahoo_chart.py), which charts are asked for (yahoo.py).

yfinance never sees a chart: ours is read from the bytes, and it is stopped there. Every failure
passes through it as our typed error. Cookies live in this object alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit

import orjson
from curl_cffi.requests import Headers, Response, Session

from stock_assets.errors import VendorError
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.statuses import refusal
from stock_assets.vendors.transport import Transport
from stock_assets.vendors.wire import Incoming
from stock_assets.vendors.yahoo_chart import VENDOR, Chart, parse_chart

_CHART: Final = "/v8/finance/chart/"
_GREETER: Final = "fc.yahoo.com"
_CRUMB_PATH: Final = "/v1/test/getcrumb"
_CRUMB: Final = re.compile(rb"[A-Za-z0-9./_~\-\\]{1,40}")
_SECRET_FROM: Final = 8
"""Shorter cookies are no secrets, and stand in innocent text."""
_CHART_STATUSES: Final = frozenset({200, 400, 401})
_ACCESS_AT_MOST: Final = 6
"""A cookie, two crumbs and a consent in three steps; the client would go round once more."""
_NOTHING_IN_RANGE: Final = b"Data doesn't exist for startDate"

_log: Final = logging.getLogger(__name__)


class Enough(Exception):
    """Sends the client home once we have what it was sent for; not an error.

    What it would make of the chart is not looked at, and making it takes longer than all the rest.
    """


class YahooSession(Session[Response]):
    """A curl_cffi session whose requests go through the transport.

    ``answers`` and ``chart`` hold what came since :meth:`begin`; one call at a time.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(trust_env=False)
        self._transport = transport
        self._symbol, self._greeted = "", False
        self._access, self._has_crumb = 0, False
        self.answers: list[Answer] = []
        self.chart: Chart | None = None
        self._refused: Answer | None = None

    def begin(self, symbol: str) -> None:
        """Forget what came, and expect the chart of ``symbol`` (Yahoo's spelling)."""
        self._symbol, self.answers, self.chart, self._refused = symbol, [], None, None
        self._access = 0

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> Response:
        """Send it; time-outs, redirects and proxies are the transport's business."""
        query = {name: str(value) for name, value in (params or {}).items()}
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        body = orjson.dumps(json) if json is not None else None
        if data is not None:
            body = urlencode(data, doseq=True).encode()
        sent = {**dict(headers or {}), **self._cookie_header()}
        path = unquote(urlsplit(url).path)
        if path.startswith(_CHART):
            return self._ask_chart(
                Request(url, method, sent, body, _CHART_STATUSES, impersonate=True)
            )
        return self._ask_for_access(
            path,
            Request(
                url,
                method,
                sent,
                body,
                accept=None,
                json=False,
                keep=False,
                impersonate=True,
                attempts=1,
            ),
        )

    def _ask_chart(self, request: Request) -> Response:
        if self._refused and not self._has_crumb and self._access >= _ACCESS_AT_MOST:
            # All was tried, and without another crumb it would be refused again.
            raise self._refusal_of(self._refused)
        answer = self._send(request)
        self.answers.append(answer)
        if answer.status == 200:
            # Whatever the client asks for, only this run's symbol is taken.
            self.chart = parse_chart(self._symbol, answer.body)
            raise Enough
        if answer.status == 401:
            # The client fetches another cookie and crumb and asks once more.
            self._refused, self._greeted, self._has_crumb = answer, False, False
            return _response(answer)
        if _NOTHING_IN_RANGE in answer.body:
            raise Enough
        raise self._refusal_of(answer)

    def refusal(self) -> VendorError | None:
        """The typed error when the chart was refused for want of access."""
        return self._refusal_of(self._refused) if self._refused else None

    def _refusal_of(self, answer: Answer) -> VendorError:
        return refusal(
            answer.request,
            Incoming(answer.status, answer.headers, answer.body),
            self._transport.redactor,
            advice=self._transport.vendor.key_advice,
            vendor=VENDOR,
            attempts=answer.attempts,
            payload=answer.payload,
        )

    def _ask_for_access(self, path: str, request: Request) -> Response:
        """Cookies, crumbs, consent: charts work without, so nothing here may stop a chart."""
        if self._access >= _ACCESS_AT_MOST:
            return _synthetic(request.url)
        if urlsplit(request.url).hostname == _GREETER:
            if self._greeted:
                # The client forgets that it has been there and would go before every chart.
                return _synthetic(request.url)
            self._greeted = True
        self._access += 1
        try:
            answer = self._send(request)
        except VendorError as error:
            _log.warning("Yahoo's cookie or crumb could not be had: %s", error)
            return _synthetic(request.url)
        if path == _CRUMB_PATH and not (answer.status == 200 and _CRUMB.fullmatch(answer.body)):
            # yfinance would take any text, a web page too, for a crumb; an empty one stops it
            # from asking again before each chart.
            _log.warning("Yahoo gave no crumb (status %d); going on without", answer.status)
            return _synthetic(request.url)
        if path == _CRUMB_PATH:
            self._has_crumb = True
            self._transport.redactor.learn(answer.body.decode())
        return _response(answer)

    def _send(self, request: Request) -> Answer:
        answer = self._transport.send(request)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                pair = value.split(";")[0].partition("=")
                if pair[0].strip():
                    self.cookies.set(pair[0].strip(), pair[2].strip(), domain=".yahoo.com")
                if len(pair[2].strip()) >= _SECRET_FROM:
                    self._transport.redactor.learn(pair[2].strip())
        return answer

    def _cookie_header(self) -> dict[str, str]:
        pairs = [f"{cookie.name}={cookie.value}" for cookie in self.cookies.jar]
        return {"Cookie": "; ".join(pairs)} if pairs else {}


def _response(answer: Answer) -> Response:
    response = Response()
    response.status_code, response.content = answer.status, answer.body
    response.ok = 200 <= answer.status < 400
    response.reason = "" if response.ok else "Error"
    response.headers = Headers(list(answer.headers))
    # The consent check of the client looks at the host.
    response.url = answer.url
    return response


def _synthetic(url: str) -> Response:
    response = Response()
    response.url = url
    return response
