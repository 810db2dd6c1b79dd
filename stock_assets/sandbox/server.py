"""The twin on a port of 127.0.0.1: HTTP in, HTTP out.

Belongs here: Starlette, uvicorn, compression, the Host check, starting and stopping.
Does not belong here: what is answered (twin.py, control.py).
"""

from __future__ import annotations

import gzip
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from stock_assets.errors import PortInUse
from stock_assets.sandbox import control
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.faults import Faults
from stock_assets.sandbox.faults.action import Crooked
from stock_assets.sandbox.faults.line import TwinProtocol
from stock_assets.sandbox.faults.writing import CrookedResponse
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.twin import Door, Twin, open_door
from stock_assets.sandbox.wire import Answer, Ask, collapsed, http_date, last_values, text_answer

ADDRESS: Final = "127.0.0.1"
METHODS: Final = ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH"]
_COMPRESSED_FROM: Final = 500
_LARGEST_BODY: Final = 1_000_000
_START_S: Final = 30.0


def application(twin: Twin) -> Starlette:
    """The ASGI application of one twin: every path, every method, one endpoint."""

    async def endpoint(request: Request) -> ASGIApp:
        return await _answered(twin, request)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


async def _answered(twin: Twin, request: Request) -> ASGIApp:
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("host", "").rsplit(":", 1)[0] not in (ADDRESS, "localhost"):
        text = f"This server answers to the name {ADDRESS} only.\n"
        return _response(twin, request, text_answer(text, 421))
    if int(headers.get("content-length") or 0) > _LARGEST_BODY:
        return _response(twin, request, text_answer("The body is too large.\n", 413))
    path, body = collapsed(request.scope["path"]), await request.body()
    query = last_values(request.scope["query_string"])
    if path.startswith(control.PREFIX + "/"):
        answer = control.control(
            twin, method=request.method, path=path, query=query, headers=headers, body=body
        )
        return _response(twin, request, answer)
    vendor, host, rest = twin.route(path)
    ask = Ask(
        vendor=vendor,
        method=request.method,
        path=rest,
        query=query,
        headers=headers,
        now=twin.clock.now(),
        number=0,
        host=host,
        body=body,
    )
    return _response(twin, request, await twin.respond(ask))


def _response(twin: Twin, request: Request, answer: Answer) -> ASGIApp:
    """Compressed when asked, with the length of the body and (unless it has one) the twin's date.

    A crooked answer is written in its own manner.
    """
    body, is_head = answer.body, request.method == "HEAD"
    headers = {"date": http_date(twin.clock.now()), **answer.headers}
    if len(body) >= _COMPRESSED_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["content-encoding"] = "gzip"
    headers["vary"] = "Accept-Encoding"
    headers["content-length"] = str(len(body))
    plain = Response(
        b"" if is_head else body, answer.status, headers, media_type=answer.content_type
    )
    if isinstance(answer, Crooked):
        return CrookedResponse(answer, plain, body, is_head=is_head)
    return plain


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one.

    Raises:
        PortInUse: when another program listens there, or it may not be used.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"{ADDRESS}:{port}",
            reason=f"cannot listen there ({error.strerror})",
            next_action="choose another port, or 0 for a free one",
        ) from error
    listener.listen(128)
    return listener


def address_of(listener: socket.socket) -> str:
    """``http://127.0.0.1:PORT`` of a listening socket."""
    return f"http://{ADDRESS}:{listener.getsockname()[1]}"


def _server(twin: Twin) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application(twin),
            http=TwinProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=2,
        )
    )


def serve(twin: Twin, port: int = 0, *, say: Callable[[str], object] | None = None) -> None:
    """Serve until interrupted. Says one line of JSON: address, token, what the market holds.

    Raises:
        PortInUse: see :func:`listen`.
    """
    listener = listen(port)
    line = orjson.dumps({"url": address_of(listener), **twin.introduction()}).decode()
    if say is None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    else:
        say(line)
    with listener:
        _server(twin).run(sockets=[listener])


@dataclass(frozen=True, slots=True)
class RunningTwin:
    """A twin that is being served in this process. ``url`` has no slash at its end."""

    url: str
    twin: Twin

    @property
    def token(self) -> str:
        """Opens the control API."""
        return self.twin.token

    @property
    def clock(self) -> TwinClock:
        """The market's clock, to be moved at will."""
        return self.twin.clock

    @property
    def faults(self) -> Faults:
        """What goes wrong, to be set and cleared at will."""
        return self.twin.faults

    @property
    def polygon_url(self) -> str:
        """What polygon's RESTClient takes as ``base``."""
        return f"{self.url}/polygon"

    def yahoo_url(self, url: str) -> str:
        """Where the twin answers what is asked of ``https://<host>.yahoo.com/...``."""
        return f"{self.url}/yahoo/{url.split('://', 1)[1]}"

    def requests(self, vendor: str | None = None) -> list[dict[str, object]]:
        """What has been asked so far."""
        return self.twin.log.entries(vendor)


@contextmanager
def running_twin(
    truth: Truth,
    clock: TwinClock | None = None,
    *,
    limits: Limits | None = None,
    door: Door = open_door,
    port: int = 0,
) -> Iterator[RunningTwin]:
    """Serve a twin from a thread of this process while the block runs."""
    twin = Twin(truth, clock, limits=limits, door=door)
    server, listener = _server(twin), listen(port)
    with listener:
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="twin", daemon=True
        )
        thread.start()
        try:
            yield RunningTwin(address_of(listener), twin)
        finally:
            server.should_exit = True
            thread.join(_START_S)
