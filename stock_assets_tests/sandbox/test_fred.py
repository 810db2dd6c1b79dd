from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_FREE, FRED_FREE_KEY, FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

SERIES = "/fred/fred/series"
OBSERVATIONS = f"{SERIES}/observations"
_READ = "  Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."


def _ask(http: httpx.Client, path: str, **query: str) -> httpx.Response:
    asked = {"series_id": "UNRATE", "api_key": FRED_UNLIMITED_KEY, "file_type": "json"}
    return http.get(path, params=asked | query)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "Variable api_key has not been set."),
        ("twin-free", ("The value for variable api_key is not a 32 character alpha-numeric "
         f"lower-case string.{_READ}")),
        (FRED_FREE_KEY.upper(), ("The value for variable api_key is not a 32 character "
         f"alpha-numeric lower-case string.{_READ}")),
        ("a" * 32, f"The value for variable api_key is not registered.{_READ}"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_a_400_in_both_file_types(http: httpx.Client, key: str, words: str) -> None:
    message = f"Bad Request.  {words}"
    answer = _ask(http, OBSERVATIONS, api_key=key)
    assert (answer.status_code, answer.json()) == (
        400, {"error_code": 400, "error_message": message},
    )  # fmt: skip
    xml = _ask(http, OBSERVATIONS, api_key=key, file_type="xml")
    root = ET.fromstring(xml.content)
    assert xml.status_code == 400
    assert (root.tag, root.attrib) == ("error", {"code": "400", "message": message})


def test_both_keys_have_the_shape_of_real_ones() -> None:
    for key in (FRED_FREE_KEY, FRED_UNLIMITED_KEY):
        assert len(key) == 32
        assert key.isalnum()
        assert key == key.lower()


def test_the_free_key_may_ask_120_times_a_minute(truth: Truth) -> None:
    limits = Limits(timer=lambda: 0.0)
    for _ in range(FRED_FREE.count - 1):
        limits.allows(f"fred {FRED_FREE_KEY}", FRED_FREE)
    with (
        running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as twin,
        httpx.Client(base_url=twin.url, trust_env=False) as http,
    ):
        first, second = (_ask(http, SERIES, api_key=FRED_FREE_KEY) for _ in range(2))
        other = _ask(http, SERIES, api_key=FRED_UNLIMITED_KEY)
    assert (first.status_code, second.status_code, other.status_code) == (200, 429, 200)
    assert second.json() == {
        "error_code": 429, "error_message": "Too Many Requests.  Exceeded Rate Limit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        (SERIES, {"series_id": "NOSUCH"}, "The series does not exist."),
        (SERIES, {"series_id": ""}, "Variable series_id has not been set."),
        (SERIES, {"realtime_start": "1985-01-01", "realtime_end": "1985-01-01"},
         "The series does not exist."),
        (OBSERVATIONS, {"realtime_start": "1/1/2015"},
         "Variable realtime_start is not a YYYY-MM-DD formatted date (e.g. 2000-02-24)."),
        (OBSERVATIONS, {"realtime_start": "2026-02-30"},
         "Variable realtime_start is not a valid calendar date."),
        (OBSERVATIONS, {"realtime_start": "1700-01-01"},
         'Variable realtime_start ("1700-01-01") is before min date 1776-07-04.'),
        (OBSERVATIONS, {"realtime_start": "2020-01-02", "realtime_end": "2020-01-01"},
         ('The date set by variable realtime_start ("2020-01-02") can not be after the date set '
         'by variable realtime_end ("2020-01-01").')),
        (OBSERVATIONS, {"limit": "0"}, "Variable limit is not between 1 and 100000."),
        (OBSERVATIONS, {"limit": "100001"}, "Variable limit is not between 1 and 100000."),
        (OBSERVATIONS, {"offset": "-1"}, "Variable offset is not between 0 and 2147483648."),
        (OBSERVATIONS, {"output_type": "5"}, "Variable output_type is not between 1 and 4."),
        (OBSERVATIONS, {"sort_order": "up"},
         'Variable sort_order is not one of the values: "asc", "desc".'),
        (OBSERVATIONS, {"units": "furlongs"},
         ('Variable units is not one of the values: "lin", "chg", "ch1", "pch", "pc1", "pca", '
         '"cch", "cca", "log".')),
        (OBSERVATIONS, {"frequency": "a"}, "Variable frequency must be that of the series."),
        ("/fred/fred/release", {"release_id": "7"}, "The release does not exist."),
        ("/fred/fred/release/dates", {}, "Variable release_id has not been set."),
    ],
)  # fmt: skip
def test_each_refusal_has_freds_words(
    http: httpx.Client, path: str, query: dict[str, str], words: str
) -> None:
    answer = _ask(http, path, **query)
    assert (answer.status_code, answer.json()["error_message"]) == (400, f"Bad Request.  {words}")


def test_unknown_paths_and_file_types_are_refused_in_xml_by_default(http: httpx.Client) -> None:
    missing = http.get("/fred/fred/nothing", params={"api_key": FRED_UNLIMITED_KEY})
    assert missing.status_code == 404
    assert ET.fromstring(missing.content).attrib["code"] == "404"
    assert _ask(http, SERIES, file_type="pdf").status_code == 400


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 11, 21, 5, 59, tzinfo=UTC), "2026-11-20"),
        (datetime(2026, 11, 21, 6, 0, tzinfo=UTC), "2026-11-21"),
        (datetime(2026, 7, 2, 4, 59, tzinfo=UTC), "2026-07-01"),
        (datetime(2026, 7, 2, 5, 0, tzinfo=UTC), "2026-07-02"),
    ],
)
def test_today_is_that_of_st_louis_and_no_later_day_may_be_asked_for(
    http: httpx.Client, twin: RunningTwin, now: datetime, today: str
) -> None:
    twin.clock.fix(now)
    body = _ask(http, OBSERVATIONS, limit="1").json()
    assert (body["realtime_start"], body["realtime_end"]) == (today, today)
    tomorrow = f"{today[:8]}{int(today[8:]) + 1:02}"
    for name in ("realtime_end", "vintage_dates"):
        refused = _ask(http, OBSERVATIONS, **{name: tomorrow})
        assert refused.status_code == 400
        assert refused.json()["error_message"] == (
            f"Bad Request.  Variable {name} can not be after today's date ({today}) unless it's "
            "equal to the real-time max date 9999-12-31."
        )
    assert _ask(http, OBSERVATIONS, realtime_end="9999-12-31").status_code == 200
