from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from stock_assets.sandbox.limits import YAHOO, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.yahoo import CRUMB

QUERY2 = "/yahoo/query2.finance.yahoo.com"
CHART = f"{QUERY2}/v8/finance/chart"
_ONLY_8_DAYS = "Only 8 days worth of 1m granularity data are allowed to be fetched per request."
_RANGES = "1d, 5d, 1mo, 3mo, 6mo, 1y, 2y, 5y, 10y, ytd, max"


def test_the_cookie_comes_with_a_404_as_it_does_in_the_wild(http: httpx.Client) -> None:
    answer = http.get("/yahoo/fc.yahoo.com/")
    assert answer.status_code == 404
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("A3=d=")
    assert "Domain=.yahoo.com; Path=/" in cookie
    assert "Expires=Sun, 21 Nov 2027 06:30:00 GMT" in cookie


@pytest.mark.parametrize("host", ["query1.finance.yahoo.com", "query2.finance.yahoo.com"])
def test_both_query_hosts_give_the_crumb_as_plain_text(http: httpx.Client, host: str) -> None:
    answer = http.get(f"/yahoo/{host}/v1/test/getcrumb")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == CRUMB


def test_the_consent_pages_lead_to_a_cookie(http: httpx.Client) -> None:
    page = http.get("/yahoo/guce.yahoo.com/consent").text
    assert '<input type="hidden" name="csrfToken" value="' in page
    assert '<input type="hidden" name="sessionId" value="' in page
    collect = http.post("/yahoo/consent.yahoo.com/v2/collectConsent?sessionId=x", data={"a": "b"})
    copied = http.get("/yahoo/guce.yahoo.com/copyConsent?sessionId=x")
    assert collect.status_code == copied.status_code == 200
    assert "A3=" in copied.headers["set-cookie"]


@pytest.mark.parametrize(
    ("path", "status", "code", "description"),
    [
        ("ZZZZ?range=1d", 404, "Not Found", "No data found, symbol may be delisted"),
        ("SVBX?range=1d", 404, "Not Found", "No data found, symbol may be delisted"),
        ("BRK.B?range=1d", 404, "Not Found", "No data found, symbol may be delisted"),
        ("FB?range=1d", 404, "Not Found", "No data found, symbol may be delisted"),
        ("AAPL?period1=1&period2=2", 400, "Bad Request",
         "Data doesn't exist for startDate = 1, endDate = 2"),
        ("AAPL?period1=4000000000&period2=4000090000", 400, "Bad Request",
         "Data doesn't exist for startDate = 4000000000, endDate = 4000090000"),
        ("AAPL?period1=2&period2=1", 400, "Bad Request",
         "Invalid input - start date cannot be after end date. startDate = 2, endDate = 1"),
        ("AAPL?period1=x&period2=1", 400, "Bad Request",
         "Invalid input - period1=x, period2=1 are not timestamps"),
        ("AAPL?period1=1740978000&period2=1741924800&interval=1m", 422, "Unprocessable Entity",
         f"1m data not available for startDate=1740978000 and endDate=1741924800. {_ONLY_8_DAYS}"),
        ("AAPL?range=7w", 422, "Unprocessable Entity",
         f"Invalid input - range=7w is not supported. Valid ranges: [{_RANGES}]"),
        ("AAPL?range=1d&interval=3d", 422, "Unprocessable Entity",
         "Invalid input - interval=3d is not supported. Valid intervals: [1d]"),
    ],
)  # fmt: skip
def test_each_refusal_has_yahoos_status_and_words(
    http: httpx.Client, path: str, status: int, code: str, description: str
) -> None:
    answer = http.get(f"{CHART}/{path}")
    assert answer.status_code == status
    error = {"code": code, "description": description}
    assert answer.json() == {"chart": {"result": None, "error": error}}


def test_a_wrong_crumb_is_refused_and_none_is_fine(http: httpx.Client) -> None:
    refused = http.get(f"{CHART}/AAPL?range=1d&crumb=wrong")
    assert refused.status_code == 401
    assert refused.json()["finance"]["error"] == {
        "code": "Unauthorized", "description": "Invalid Crumb",
    }  # fmt: skip
    assert http.get(f"{CHART}/AAPL?range=1d").status_code == 200
    assert http.get(f"{CHART}/AAPL", params={"range": "1d", "crumb": CRUMB}).status_code == 200


def test_too_many_requests_are_refused_in_plain_words(truth: Truth) -> None:
    limits = Limits(timer=lambda: 0.0)
    for _ in range(YAHOO.count - 1):
        limits.allows("yahoo", YAHOO)
    with running_twin(truth, limits=limits) as twin, httpx.Client(trust_env=False) as client:
        url = f"{twin.url}{QUERY2}/v1/test/getcrumb"
        assert client.get(url).status_code == 200
        refused = client.get(url)
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    assert "Too Many Requests" in refused.text


@pytest.mark.parametrize(
    "path", ["/yahoo/evil.example/v8/finance/chart/AAPL", "/yahoo/fc.yahoo.com.evil.example/"]
)
def test_other_hosts_do_not_exist(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert "No vendor answers here" in answer.text


def test_symbols_may_be_written_small(http: httpx.Client) -> None:
    meta = http.get(f"{CHART}/brk-b?range=1d").json()["chart"]["result"][0]["meta"]
    assert meta["symbol"] == "BRK-B"


def test_before_its_rename_a_company_is_known_by_its_old_name(
    http: httpx.Client, twin: RunningTwin
) -> None:
    twin.clock.fix(datetime(2022, 6, 8, 22, tzinfo=UTC))
    assert http.get(f"{CHART}/FB?range=1d").status_code == 200
    assert http.get(f"{CHART}/META?range=1d").status_code == 404
    twin.clock.fix(datetime(2022, 6, 9, 22, tzinfo=UTC))
    assert http.get(f"{CHART}/FB?range=1d").status_code == 404
    assert http.get(f"{CHART}/META?range=1d").status_code == 200
