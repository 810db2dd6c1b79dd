"""What yfinance is given instead of a session of its own."""

from __future__ import annotations

import pytest

from stock_assets.errors import ContractError, SecurityError
from stock_assets.vendors.yahoo import YAHOO
from stock_assets.vendors.yahoo_session import Enough, YahooSession
from stock_assets_tests.vendors.conftest import Workshop
from stock_assets_tests.vendors.stub import json_reply, reply, serving
from stock_assets_tests.vendors.test_yahoo_chart import body

CHART = "https://query2.finance.yahoo.com/v8/finance/chart/AAPL"


def test_a_chart_is_taken_from_its_bytes_and_the_client_is_sent_home(workshop: Workshop) -> None:
    with serving(reply(body())) as server:
        session = YahooSession(workshop.transport(server.url, YAHOO))
        session.begin("AAPL")
        with pytest.raises(Enough):
            session.get(CHART, params={"range": "5d", "events": "div,splits"}, timeout=None)
    assert server.asked == [
        "GET /yahoo/query2.finance.yahoo.com/v8/finance/chart/AAPL?range=5d&events=div%2Csplits"
    ]
    assert session.chart is not None
    assert session.chart.symbol == "AAPL"
    assert [answer.status for answer in session.answers] == [200]


def test_the_client_sees_yahoos_own_address(workshop: Workshop) -> None:
    url = "https://query1.finance.yahoo.com/v1/test/getcrumb"
    with serving(reply(b"cRuMb.12AbC")) as server:
        session = YahooSession(workshop.transport(server.url, YAHOO))
        response = session.get(url, timeout=30, allow_redirects=True)
    assert (response.status_code, response.text, response.url) == (200, "cRuMb.12AbC", url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/v8/finance/chart/AAPL",
        "http://query2.finance.yahoo.com/v8/finance/chart/AAPL",
        "https://query2.finance.yahoo.com.evil.test/v8/finance/chart/AAPL",
        "https://yahoo.com/",
    ],
)
def test_other_hosts_are_refused(workshop: Workshop, url: str) -> None:
    with serving(reply(body())) as server:
        session = YahooSession(workshop.transport(server.url, YAHOO))
        session.begin("AAPL")
        with pytest.raises(SecurityError):
            session.get(url)
    assert server.asked == []


def test_nothing_in_range_is_told_apart_from_a_bad_request(workshop: Workshop) -> None:
    def chart_error(words: str) -> bytes:
        return b'{"chart":{"result":null,"error":{"code":"Bad Request","description":"%s"}}}' % (
            words.encode()
        )

    nothing = chart_error("Data doesn't exist for startDate = 1, endDate = 2")
    for answer, kind in ((nothing, Enough), (chart_error("no"), ContractError)):
        with serving(reply(answer, 400)) as server:
            session = YahooSession(workshop.transport(server.url, YAHOO))
            session.begin("AAPL")
            with pytest.raises(kind):
                session.get(CHART)
        assert len(session.answers) == 1


def test_cookies_are_sent_to_yahoo_only_and_forms_are_posted(workshop: Workshop) -> None:
    given = reply(b"", 404, Set_Cookie="A3=d=AQAB; Domain=.yahoo.com; Secure")
    with serving(given, json_reply({})) as server:
        session = YahooSession(workshop.transport(server.url, YAHOO))
        session.get("https://fc.yahoo.com", allow_redirects=True)
        session.get("https://fc.yahoo.com")
        session.post(
            "https://consent.yahoo.com/v2/collectConsent", data=[("agree", "a"), ("agree", "a")]
        )
    assert server.asked == [
        "GET /yahoo/fc.yahoo.com/",
        "POST /yahoo/consent.yahoo.com/v2/collectConsent",
    ]
    assert server.headers[1]["cookie"] == "A3=d=AQAB"
    assert server.headers[1]["content-length"] == str(len("agree=a&agree=a"))
