from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import numpy as np
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred import Fred
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.economy import Economy, economy
from stock_assets.sandbox.truth.series import SERIES
from stock_assets.sandbox.wire import Ask, last_values
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

EVER = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
CHECKED = ("GDP", "UNRATE", "PAYEMS", "CPIAUCSL", "A191RL1Q225SBEA", "ICSA", "T10Y2Y", "DFEDTARU")


@pytest.fixture(scope="module")
def fred(truth: Truth) -> Fred:
    return Fred(truth, Limits())


@pytest.fixture(scope="module")
def published(truth: Truth) -> Economy:
    return economy(truth.seed)


def _ask(fred: Fred, now: datetime = AFTER_THE_CLOSE, /, **query: str) -> dict[str, Any]:
    asked = {"api_key": FRED_UNLIMITED_KEY, "file_type": "json"} | query
    answer = fred.answer(Ask("fred", "GET", "/fred/series/observations", asked, {}, now, 1))
    body: dict[str, Any] = httpx.Response(200, content=answer.body).json()
    return body | {"status": answer.status}


def _rows(fred: Fred, now: datetime = AFTER_THE_CLOSE, /, **query: str) -> list[dict[str, str]]:
    body = _ask(fred, now, **query)
    assert body["status"] == 200, body
    rows: list[dict[str, str]] = body["observations"]
    return rows


def test_an_answer_is_the_one_written_down_by_hand(fred: Fred, published: Economy) -> None:
    """Field by field: two quarters as they stood at the end of August 2018."""
    body = _ask(
        fred, series_id="GDP", realtime_start="2018-08-31", realtime_end="2018-08-31",
        observation_start="2018-01-01",
    )  # fmt: skip
    gdp = published.series("GDP").as_of(date(2018, 8, 31))
    first, second = gdp.values[-2:]
    then = {"realtime_start": "2018-08-31", "realtime_end": "2018-08-31"}
    assert body == {
        "status": 200,
        **then,
        "observation_start": "2018-01-01",
        "observation_end": "9999-12-31",
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": "asc",
        "count": 2,
        "offset": 0,
        "limit": 100_000,
        "observations": [
            {**then, "date": "2018-01-01", "value": f"{first:.3f}"},
            {**then, "date": "2018-04-01", "value": f"{second:.3f}"},
        ],
    }


def test_xml_says_the_same_as_json_and_is_what_comes_by_default(truth: Truth) -> None:
    """As fredapi asks and reads: no file type, attributes of children of the root."""
    query = "series_id=UNRATE&observation_start=2025-08-01"
    with (
        running_twin(truth, TwinClock(AFTER_THE_CLOSE)) as twin,
        httpx.Client(base_url=twin.url, trust_env=False) as http,
    ):
        url = f"/fred/fred/series/observations?{query}&api_key={FRED_UNLIMITED_KEY}"
        xml, said = http.get(url), http.get(f"{url}&file_type=json").json()
    assert xml.headers["content-type"].startswith("text/xml")
    root = ET.fromstring(xml.content)
    rows = said.pop("observations")
    assert [dict(child.attrib) for child in root] == rows
    assert {child.tag for child in root} == {"observation"}
    assert root.attrib == {name: str(value) for name, value in said.items()} | {"file_type": "xml"}


@pytest.mark.parametrize("name", CHECKED)
def test_as_of_fifty_days_the_rows_are_what_had_been_published_by_then(
    fred: Fred, published: Economy, name: str
) -> None:
    draws = np.random.default_rng(8)
    days = [date(1991, 1, 1) + timedelta(days=int(n)) for n in draws.integers(0, 13_000, 50)]
    for day in days:
        rows = _rows(fred, series_id=name, realtime_start=str(day), realtime_end=str(day))
        then = published.series(name).as_of(day)
        texts = ["." if v != v else f"{v:.{SERIES[name].decimals}f}" for v in then.values]
        assert [(row["date"], row["value"]) for row in rows] == list(
            zip(then.periods.astype(str).tolist(), texts, strict=True)
        )
        assert {(row["realtime_start"], row["realtime_end"]) for row in rows} <= {
            (str(day), str(day))
        }


@pytest.mark.parametrize("name", ["GDP", "UNRATE", "PAYEMS", "CPIAUCSL", "RSAFS", "INDPRO"])
def test_over_all_time_each_vintage_is_a_row_with_the_days_on_which_it_held(
    fred: Fred, published: Economy, name: str
) -> None:
    rows = _rows(fred, series_id=name, **EVER)
    known = published.series(name).known(AFTER_THE_CLOSE)
    assert len(rows) == len(known)
    by_period: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_period.setdefault(row["date"], []).append(row)
    for vintages in by_period.values():
        assert vintages[-1]["realtime_end"] == "9999-12-31"
        for before, after in pairwise(vintages):
            ended = date.fromisoformat(before["realtime_end"])
            assert ended + timedelta(days=1) == date.fromisoformat(after["realtime_start"])
            assert before["value"] != after["value"]


def test_a_restricted_window_clips_the_days_on_which_a_value_held(fred: Fred) -> None:
    window = {"realtime_start": "2018-08-01", "realtime_end": "2019-10-01"}
    rows = _rows(fred, series_id="GDP", observation_start="2018-04-01",
                 observation_end="2018-04-01", **window)  # fmt: skip
    intervals = [(row["realtime_start"], row["realtime_end"]) for row in rows]
    assert intervals == [
        ("2018-08-01", "2018-08-29"), ("2018-08-30", "2018-09-26"), ("2018-09-27", "2019-09-25"),
        ("2019-09-26", "2019-10-01"),
    ]  # fmt: skip


def test_chunks_of_vintages_merged_again_are_the_whole(fred: Fred, published: Economy) -> None:
    known = published.series("T10Y2Y").known(AFTER_THE_CLOSE)
    days = known.vintage_days.astype(str).tolist()
    firsts = [*days[::2_000], "2026-11-21"]
    seen: dict[str, tuple[str, str]] = {}
    for first, after in pairwise(firsts):
        until = str(date.fromisoformat(after) - timedelta(days=1))
        rows = _rows(fred, series_id="T10Y2Y", realtime_start=first, realtime_end=until)
        for row in rows:
            seen.setdefault(row["date"], (row["realtime_start"], row["value"]))
    told = [(period, *seen[period]) for period in sorted(seen)]
    texts = ["." if v != v else f"{v:.2f}" for v in known.values]
    assert told == list(zip(known.periods.astype(str), known.days.astype(str), texts, strict=True))


def test_more_than_two_thousand_vintages_are_refused_with_their_number(
    fred: Fred, published: Economy
) -> None:
    days = published.series("T10Y2Y").known(AFTER_THE_CLOSE).vintage_days.astype(str)
    body = _ask(fred, series_id="T10Y2Y", **EVER)
    assert (body["status"], body["error_message"]) == (
        400,
        (
            f"Bad Request.  There are {len(days)} vintage dates in the specified real-time period: "
            "1776-07-04 to 9999-12-31.  This exceeds the maximum number of vintage dates allowed "
            "(2000)."
        ),
    )
    window = {"series_id": "T10Y2Y", "limit": "1", "realtime_end": days[-1]}
    assert _ask(fred, realtime_start=days[-2_000], **window)["status"] == 200
    assert _ask(fred, realtime_start=days[-2_001], **window)["status"] == 400


@pytest.mark.parametrize("name", sorted(SERIES))
def test_nothing_is_served_before_the_hour_of_its_release(
    fred: Fred, published: Economy, name: str
) -> None:
    instants = published.series(name).published
    late = np.unique(instants[instants > np.datetime64("2020-01-01")])[::151]
    for instant in late.astype("datetime64[s]").astype(datetime):
        at = instant.replace(tzinfo=UTC)
        count = [
            _ask(fred, now, series_id=name, realtime_start=str(at.date() - timedelta(days=5)),
                 realtime_end="9999-12-31", limit="1")["count"]
            for now in (at - timedelta(seconds=1), at)
        ]  # fmt: skip
        assert count[1] > count[0]


def test_missing_is_a_point_and_zero_is_a_number(fred: Fred) -> None:
    rows = _rows(fred, series_id="UNRATE", observation_start="2025-09-01",
                 observation_end="2025-11-01")  # fmt: skip
    assert [row["date"] for row in rows] == ["2025-09-01", "2025-10-01", "2025-11-01"]
    assert rows[1]["value"] == "."
    assert "." not in (rows[0]["value"], rows[2]["value"])
    spreads = {row["value"] for row in _rows(fred, series_id="T10Y2Y")}
    assert {".", "0.00"} <= spreads


def test_rows_are_paged_and_turned_round(fred: Fred) -> None:
    whole = _rows(fred, series_id="PAYEMS")
    page = _ask(fred, series_id="PAYEMS", limit="10", offset="5")
    assert (page["count"], page["offset"], page["limit"]) == (len(whole), 5, 10)
    assert page["observations"] == whole[5:15]
    turned = _rows(fred, series_id="PAYEMS", sort_order="desc", limit="3")
    assert turned == whole[::-1][:3]
    assert _rows(fred, series_id="PAYEMS", offset="100000") == []


def test_listed_vintages_are_those_that_held_on_one_of_the_days(fred: Fred) -> None:
    quarter = {"observation_start": "2018-04-01", "observation_end": "2018-04-01"}
    body = _ask(fred, series_id="GDP", vintage_dates="2019-10-01,2018-08-01", **quarter)
    assert (body["realtime_start"], body["realtime_end"]) == ("2018-08-01", "2019-10-01")
    intervals = [(r["realtime_start"], r["realtime_end"]) for r in body["observations"]]
    assert intervals == [("2018-08-01", "2018-08-29"), ("2019-09-26", "2019-10-01")]


def test_vintages_can_be_columns_all_of_them_or_only_what_is_new(fred: Fred) -> None:
    asked = {
        "series_id": "GDP", "realtime_start": "2018-07-01", "realtime_end": "2018-10-01",
        "observation_start": "2018-01-01",
    }  # fmt: skip
    tall = _rows(fred, **asked)
    wide = _rows(fred, output_type="2", **asked)
    new = _rows(fred, output_type="3", **asked)
    days = ("20180701", "20180726", "20180830", "20180927", "20181001")
    assert list(wide[0]) == ["date", *(f"GDP_{day}" for day in days)]
    assert [row["date"] for row in wide] == ["2018-01-01", "2018-04-01"]
    assert wide[1]["GDP_20180701"] == "."
    values = [row["value"] for row in tall if row["date"] == "2018-04-01"]
    assert [wide[1][f"GDP_{day}"] for day in days[1:4]] == values
    assert wide[1]["GDP_20181001"] == values[-1]
    second = {f"GDP_{day}": value for day, value in zip(days[1:4], values, strict=True)}
    assert new[-1] == {"date": "2018-04-01", **second}


def test_initial_releases_are_the_first_values_and_no_others(
    fred: Fred, published: Economy
) -> None:
    rows = _rows(fred, series_id="PAYEMS", output_type="4", **EVER)
    first = published.series("PAYEMS").known(AFTER_THE_CLOSE).first()
    assert [(r["realtime_start"], r["date"], r["value"]) for r in rows] == [
        (str(day), str(period), f"{value:.0f}")
        for day, period, value in zip(first.days, first.periods, first.values, strict=True)
    ]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("chg", lambda now, before, year: now - before),
        ("ch1", lambda now, before, year: now - year),
        ("pch", lambda now, before, year: (now / before - 1) * 100),
        ("pc1", lambda now, before, year: (now / year - 1) * 100),
        ("pca", lambda now, before, year: ((now / before) ** 12 - 1) * 100),
        ("cch", lambda now, before, year: np.log(now / before) * 100),
        ("cca", lambda now, before, year: np.log(now / before) * 1200),
        ("log", lambda now, before, year: np.log(now)),
    ],
)
def test_units_are_those_of_freds_formulas(fred: Fred, units: str, expected: Any) -> None:
    asked = {
        "series_id": "INDPRO",
        "observation_start": "2024-06-01",
        "observation_end": "2025-06-01",
    }
    values = [float(row["value"]) for row in _rows(fred, **asked)]
    changed = float(_rows(fred, units=units, **asked)[-1]["value"])
    assert changed == pytest.approx(expected(values[-1], values[-2], values[0]), abs=1e-5)
    several = _ask(fred, units=units, series_id="INDPRO", **EVER)
    assert several["status"] == 400


def test_the_same_question_gets_the_same_bytes(truth: Truth) -> None:
    query = last_values(
        f"series_id=CPIAUCSL&realtime_start=2024-01-01&file_type=json&api_key={FRED_UNLIMITED_KEY}"
    )
    ask = Ask("fred", "GET", "/fred/series/observations", query, {}, AFTER_THE_CLOSE, 1)
    once = Fred(truth, Limits()).answer(ask)
    again = Fred(Truth("again", truth.stocks, truth.last_day, seed=truth.seed), Limits()).answer(
        ask
    )
    assert once == again
    other = Fred(Truth("other", truth.stocks, truth.last_day, seed=99), Limits()).answer(ask)
    assert once.body != other.body
