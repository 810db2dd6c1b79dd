"""Pages of a listing: all or an error."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stock_assets.errors import ContractError, PayloadError, VendorOutage
from stock_assets.vendors.polygon import Polygon
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.vendors.conftest import CANARY, NOW, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, cut_off, json_reply, reply, serving

FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)
PATH = "/v3/reference/splits"


def page(number: int, following: str | None, **changes: Any) -> Reply:
    row = {
        "ticker": "AAPL",
        "execution_date": f"2022-01-{number:02d}",
        "split_from": 1,
        "split_to": 2,
    }
    content = {"results": [row], "status": "OK", **changes}
    return json_reply(content | ({"next_url": following} if following else {}))


NO_DIVIDENDS = json_reply({"results": [], "status": "OK"})


def ask(workshop: Workshop, server: Stub, pages_at_most: int = 5) -> list[date]:
    transport = workshop.transport(f"{server.url}", POLYGON)
    client = Polygon(transport, CANARY, now=lambda: NOW, pages_at_most=pages_at_most)
    answer = client.corporate_actions(["AAPL"], FIRST, LAST)
    days: list[date] = answer.rows["ex_date"].to_pylist()
    return days


def test_every_page_is_read_whatever_host_it_names(workshop: Workshop) -> None:
    with serving(
        page(3, f"https://api.massive.com{PATH}?cursor=two"),
        page(4, f"https://evil.test{PATH}?cursor=three"),
        page(5, None),
        NO_DIVIDENDS,
    ) as server:
        days = ask(workshop, server)
    assert [day.day for day in days] == [3, 4, 5]
    assert server.asked[1:3] == [
        f"GET /polygon{PATH}?cursor=two",
        f"GET /polygon{PATH}?cursor=three",
    ]
    assert {sent["authorization"] for sent in server.headers} == {f"Bearer {CANARY}"}
    assert {sent["host"] for sent in server.headers} == {server.url.removeprefix("http://")}


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ([page(3, f"https://x{PATH}?cursor=a")], "seen before"),
        ([page(n, f"https://x{PATH}?cursor={n}") for n in range(1, 9)], "more than 5 pages"),
        ([page(3, "https://x/v2/reference/news?cursor=a")], "another endpoint"),
        ([page(3, "https://x/v3/reference/splits/../dividends?a=1")], None),
        (
            [page(3, f"https://x{PATH}?cursor=a"), page(4, None, status="ERROR")],
            "status is 'ERROR'",
        ),
        ([page(3, f"https://x{PATH}?cursor=a"), page(4, None, count=7)], "count is 7"),
        ([page(3, None, status=["OK"])], "status is"),
        ([page(3, None, results=None)], "not a list"),
        ([page(3, None, results=[1])], "not a list"),
        ([json_reply({"status": "OK"})], "not a list"),
        ([json_reply({"status": "OK", "count": 1})], "not a list"),
        ([page(3, None, results=[{"id": 1, "mic": "XNYS"}])], "no row has all of ticker, exec"),
        ([page(3, None, next_url=5)], "not a text"),
    ],
)
def test_pages_that_loop_wander_or_break_fail_as_a_whole(
    workshop: Workshop, replies: list[Reply], words: str | None
) -> None:
    from stock_assets.errors import SecurityError

    with (
        serving(*replies) as server,
        pytest.raises((ContractError, SecurityError), match=words or "climbs"),
    ):
        ask(workshop, server)
    assert len(server.asked) <= 6


def test_a_list_of_nothing_may_leave_out_its_rows(workshop: Workshop) -> None:
    for nothing in ({"results": [], "status": "OK"}, {"status": "OK", "count": 0}):
        with serving(json_reply(nothing)) as server:
            assert ask(workshop, server) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (cut_off(b'{"results":[{"ticker"', 21), PayloadError),
        (reply(b'{"results":[{"ticker":"A'), PayloadError),
        (reply(b"<html>Bad gateway</html>", 502), VendorOutage),
    ],
)
def test_a_second_page_that_breaks_leaves_no_first_page(
    workshop: Workshop, fault: Reply, error: type[Exception]
) -> None:
    with serving(page(3, f"https://x{PATH}?cursor=a"), fault) as server, pytest.raises(error):
        ask(workshop, server)
