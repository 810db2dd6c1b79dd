"""Polygon's client held by the hand, and the pages that follow a first one.

Belongs here: the client with our pool, ``next_url``, and the envelope of reference data.
Does not belong here: what is asked for (polygon.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from stock_assets.vendors.messages import Answer
from stock_assets.vendors.polygon_aggs import broken, check_envelope, load_json
from stock_assets.vendors.polygon_pool import BASE, RawAnswer, TransportPool
from stock_assets.vendors.transport import Transport

if TYPE_CHECKING:
    from polygon import RESTClient

PAGES_AT_MOST: Final = 500


class Pages:
    """The client, and whole listings: all pages or an error, never the first few."""

    def __init__(self, transport: Transport, api_key: str, pages_at_most: int) -> None:
        self._api_key, self._pages_at_most = api_key, pages_at_most
        self._pool = TransportPool(transport)

    @cached_property
    def client(self) -> RESTClient:
        """polygon-api-client, speaking through the transport."""
        from polygon import RESTClient

        client = RESTClient(self._api_key, base=BASE, retries=0, pagination=False)
        client.client = self._pool
        client.vx.client = self._pool
        return client

    def all_of(self, ask: Callable[[RESTClient], RawAnswer]) -> tuple[Answer, ...]:
        """The page that ``ask`` brings and all that follow. The host in ``next_url`` is ignored.

        Raises:
            ContractError: pages that come back, lead elsewhere or never end.
        """
        raw = ask(self.client)
        answers, seen = [raw.answer], set[str]()
        request, family = raw.answer.request, _family(raw.answer)
        while (following := _next(raw)) is not None:
            if following in seen:
                raise broken(request, f"page {len(answers) + 1} has been seen before")
            if len(answers) >= self._pages_at_most:
                raise broken(request, f"more than {self._pages_at_most} pages")
            if not following.startswith(family):
                raise broken(request, f"page {len(answers) + 1} leads to another endpoint")
            seen.add(following)
            raw = self._pool.request("GET", BASE + following, headers=self.client.headers)
            answers.append(raw.answer)
        return tuple(answers)


def rows_of(answers: Iterable[Answer], *fields: str) -> list[Mapping[str, Any]]:
    """The rows of all pages of reference data. ``fields``: what some row of each page must have.

    Raises:
        ContractError: a page without a list of objects under ``results`` (which may be missing
            where the count is 0), of something else, or with a wrong count.
    """
    rows: list[Mapping[str, Any]] = []
    for answer in answers:
        envelope = load_json(answer.request, answer.body)
        results = envelope.get("results", [] if envelope.get("count") == 0 else None)
        if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
            raise broken(answer.request, "results is not a list of objects")
        check_envelope(envelope, answer.request, len(results), adjusted=None)
        count = envelope.get("count", len(results))
        if count != len(results):
            raise broken(answer.request, f"count is {count!r}, but {len(results)} rows came")
        if results and not any(row.keys() >= set(fields) for row in results):
            # Rows of another kind would all be passed over as those of other companies.
            raise broken(answer.request, f"no row has all of {', '.join(fields)}")
        rows += results
    return rows


def _family(answer: Answer) -> str:
    """The part of the path that every page must share: up to the range of days, if any."""
    return urlsplit(answer.url).path.split("/range/")[0]


def _next(raw: RawAnswer) -> str | None:
    """Path and query of the page that follows, if there is one."""
    if b'"next_url"' not in raw.data:
        return None
    url = load_json(raw.answer.request, raw.data).get("next_url")
    if url is None:
        return None
    if not isinstance(url, str):
        raise broken(raw.answer.request, "next_url is not a text")
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
