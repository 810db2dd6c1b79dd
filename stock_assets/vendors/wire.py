"""One try on the wire: bytes out, bytes back, or an error that says how far it got.

Belongs here: libcurl, and what its failures mean. The deadline, the size cap, the check that all
announced bytes came, and decompression are libcurl's own, in C: a server that hangs, drips or
breaks off cannot hold us, whatever time-outs the vendor's client believes in.
Does not belong here: which address, how often, what a status means (transport.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from stock_assets.errors import (
    ContractError,
    PayloadError,
    SecurityError,
    StockAssetsError,
    TransportError,
)

if TYPE_CHECKING:
    from curl_cffi.requests import Session

CONNECT_S: Final = 10.0
_ABORT: Final = 0xFFFFFFFF
_BROWSER: Final = "chrome"

_UNREACHABLE: Final = frozenset({5, 6, 7})
_TIMED_OUT: Final = 28
_CORRUPT: Final = frozenset({8, 61})
_TOO_LARGE: Final = frozenset({23, 63})
_NOT_TRUSTED: Final = frozenset({51, 58, 59, 60, 77, 82, 83, 90, 91})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes on the wire: ``impersonate`` speaks TLS as a browser does."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    impersonate: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """A whole answer: decompressed body, headers in order with their own names."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


class Unreachable(TransportError):
    """Nobody answered at all: no network, no such host, nothing listening."""


class Garbled(PayloadError):
    """A body that cannot be unpacked to its end. ``unpacked``: as far as it can."""

    unpacked = b""


class Wire(Protocol):
    """Anything that can carry one request."""

    def __call__(self, outgoing: Outgoing, deadline_s: float) -> Incoming:
        """Carry it within ``deadline_s`` seconds in all."""
        ...


class CurlWire:
    """libcurl. Keeps sound connections and nothing else: no cookies, no redirects, no retries.

    ``trust_env=False`` ignores proxy variables, which would carry loopback traffic elsewhere.
    ``max_bytes`` caps a body as announced, as sent and as decompressed.
    """

    def __init__(self, *, trust_env: bool, max_bytes: int) -> None:
        self._trust_env, self._max_bytes = trust_env, max_bytes

    @cached_property
    def _session(self) -> Session[Any]:
        from curl_cffi import CurlOpt
        from curl_cffi.requests import Session

        options: dict[Any, Any] = {CurlOpt.MAXFILESIZE_LARGE: self._max_bytes}
        if not self._trust_env:
            options[CurlOpt.NOPROXY] = b"*"
        return Session(
            trust_env=self._trust_env,
            allow_redirects=False,
            discard_cookies=True,
            curl_options=options,
        )

    def __call__(self, outgoing: Outgoing, deadline_s: float) -> Incoming:
        """Carry one request.

        Raises:
            Unreachable: no connection could be made.
            TransportError: the deadline passed, or the connection broke before the end.
            Garbled: the body cannot be decompressed.
            ContractError: the body is larger than ``max_bytes``.
            SecurityError: the server's certificate is not to be trusted.
        """
        from curl_cffi.requests.exceptions import RequestException

        received = bytearray()

        def keep(chunk: bytes) -> int:
            if len(received) + len(chunk) > self._max_bytes:
                return _ABORT
            received.extend(chunk)
            return len(chunk)

        connect_s = min(CONNECT_S, deadline_s / 2)
        session = self._session
        try:
            response = session.request(
                outgoing.method,  # type: ignore[arg-type]
                outgoing.url,
                headers=dict(outgoing.headers),
                data=outgoing.body,
                timeout=(connect_s, deadline_s - connect_s),
                impersonate=_BROWSER if outgoing.impersonate else None,
                content_callback=keep,
            )
        except RequestException as error:
            self._hang_up(session)
            explained = self._explained(int(error.code), outgoing, deadline_s, len(received))
            if isinstance(explained, Garbled):
                explained.unpacked = bytes(received)
            raise explained from None
        headers = tuple((str(k), str(v)) for k, v in response.headers.multi_items())
        return Incoming(response.status_code, headers, bytes(received))

    def _hang_up(self, session: Session[Any]) -> None:
        """Never use the connection again on which a try broke; threads under way keep theirs.

        Over HTTP/2 libcurl ends the broken stream alone and would ask again on the same connection.
        """
        session.curl.close()
        if self.__dict__.get("_session") is session:
            self.__dict__.pop("_session", None)

    def _explained(
        self, code: int, outgoing: Outgoing, deadline_s: float, received: int
    ) -> StockAssetsError:
        """What libcurl's error code means. Its text is not used: it may repeat the address."""
        what = outgoing.url.split("?")[0]
        where = {"bytes_received": received, "curl": code}
        if code in _UNREACHABLE:
            return Unreachable(
                what,
                reason="nobody answered there (offline?)",
                next_action="check the network, then run again; what is stored stays usable",
                **where,
            )
        if code == _TIMED_OUT:
            return TransportError(
                what,
                reason=f"no whole answer within {deadline_s:.0f} s",
                next_action="run again later, or raise STOCK_ASSETS_REQUEST_DEADLINE_S",
                **where,
            )
        if code in _TOO_LARGE:
            return ContractError(
                what,
                reason=f"the answer is larger than the cap of {self._max_bytes:,} bytes",
                next_action="ask for a smaller range; if the vendor's answers grew, raise the cap",
                **where,
            )
        if code in _CORRUPT:
            return Garbled(
                what,
                reason="the answer is garbled (bad compression or not HTTP)",
                next_action="run again; if it stays so, look for a proxy in between",
                **where,
            )
        if code in _NOT_TRUSTED:
            return SecurityError(
                what,
                reason="the server's certificate is not to be trusted",
                next_action="find out who answers in the vendor's name; nothing was sent",
                **where,
            )
        return TransportError(
            what,
            reason="the connection broke before the whole answer had come",
            next_action="run again; what is stored stays usable",
            **where,
        )
