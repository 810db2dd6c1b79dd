from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.world import figures, updates
from stock_assets.sandbox.wire import Ask
from stock_assets.sandbox.world_bank import WorldBank
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

GDP = "NY.GDP.MKTP.CD"
DATA = "/worldbank/v2/country/{}/indicator/{}"
REFUSED = [
    {
        "message": [
            {
                "id": "120",
                "key": "Invalid value",
                "value": "The provided parameter value is not valid",
            }
        ]
    }
]


def _get(http: httpx.Client, countries: str, indicator: str = GDP, **query: str) -> Any:
    answer = http.get(DATA.format(countries, indicator), params={"format": "json"} | query)
    assert answer.status_code == 200
    return answer.json()


def test_an_answer_is_the_one_written_down_by_hand(http: httpx.Client, truth: Truth) -> None:
    """Field by field: two countries, two years."""
    body = _get(http, "XC;MX", date="2024:2025", per_page="20000")
    of_update = {iso3: figures(truth.seed, iso3, updates(AFTER_THE_CLOSE)[-1])["gdp"]
                 for iso3 in ("MEX", "EMU")}  # fmt: skip
    assert body == [
        {"page": 1, "pages": 1, "per_page": 20000, "total": 4, "sourceid": "2",
         "lastupdated": "2026-10-12"},
        [
            {"indicator": {"id": GDP, "value": "GDP (current US$)"},
             "country": {"id": iso2, "value": name}, "countryiso3code": iso3, "date": str(year),
             "value": of_update[iso3][year], "unit": "", "obs_status": "", "decimal": 0}
            for iso2, iso3, name in (("XC", "EMU", "Euro area"), ("MX", "MEX", "Mexico"))
            for year in (2025, 2024)
        ],
    ]  # fmt: skip


def test_countries_come_by_name_and_years_newest_first(http: httpx.Client) -> None:
    _, rows = _get(http, "all", date="2020:2024", per_page="1000")
    names = [row["country"]["value"] for row in rows]
    assert names == sorted(names)
    assert len(set(names)) == 16
    assert [row["date"] for row in rows][:5] == ["2024", "2023", "2022", "2021", "2020"]


def test_pages_of_fifty_make_the_whole(http: httpx.Client) -> None:
    head, first = _get(http, "all", date="2015:2024")
    assert (head["page"], head["pages"], head["per_page"], head["total"]) == (1, 4, 50, 160)
    pages = [_get(http, "all", date="2015:2024", page=str(n))[1] for n in range(1, 6)]
    assert [len(page) for page in pages] == [50, 50, 50, 10, 0]
    assert sum(pages, []) == _get(http, "all", date="2015:2024", per_page="500")[1]  # noqa: RUF017
    assert pages[0] == first


@pytest.mark.parametrize(
    ("countries", "indicator", "query"),
    [
        ("MX;ZZZ", GDP, {}),
        ("ZZZ", GDP, {}),
        ("MX", "NO.SUCH.THING", {}),
        ("MX", GDP, {"date": "last year"}),
        ("MX", GDP, {"per_page": "0"}),
        ("MX", GDP, {"per_page": "32768"}),
        ("MX", GDP, {"page": "x"}),
        ("MX", f"{GDP};SP.POP.TOTL", {}),
    ],
)
def test_what_is_not_valid_is_an_array_of_one_with_status_200(
    http: httpx.Client, countries: str, indicator: str, query: dict[str, str]
) -> None:
    assert _get(http, countries, indicator, **query) == REFUSED


@pytest.mark.parametrize("date", ["1960:1970", "2019Q1:2026Q4", "2020M01"])
def test_valid_but_empty_is_null_with_a_total_of_zero(http: httpx.Client, date: str) -> None:
    head, rows = _get(http, "MX", date=date)
    assert (head["total"], head["pages"], rows) == (0, 0, None)


def test_a_year_without_a_figure_is_null(http: httpx.Client, twin: RunningTwin) -> None:
    twin.clock.fix(datetime(2026, 5, 1, tzinfo=UTC))
    head, rows = _get(http, "MX", date="2024:2025")
    assert head["lastupdated"] == "2026-04-13"
    assert [(row["date"], row["value"] is None) for row in rows] == [
        ("2025", True),
        ("2024", False),
    ]
    _, lending = _get(http, "DE", "FR.INR.LEND", date="2024")
    assert lending[0]["value"] is None


def test_an_update_is_seen_from_its_hour_on_and_none_before(
    http: httpx.Client, twin: RunningTwin
) -> None:
    noon = datetime(2026, 7, 13, 16, tzinfo=UTC)
    seen = []
    for now in (noon - timedelta(seconds=1), noon):
        twin.clock.fix(now)
        head, rows = _get(http, "IN", date="2025")
        seen.append((head["lastupdated"], rows[0]["value"] is None))
    assert seen == [("2026-04-13", True), ("2026-07-13", False)]


def test_most_recent_values_can_be_asked_for(http: httpx.Client, twin: RunningTwin) -> None:
    twin.clock.fix(datetime(2026, 5, 1, tzinfo=UTC))
    years = {
        name: [row["date"] for row in _get(http, "BR", **{name: "2"})[1]]
        for name in ("mrv", "mrnev")
    }
    assert years == {"mrv": ["2025", "2024"], "mrnev": ["2024", "2023"]}


def test_several_indicators_need_the_source(http: httpx.Client) -> None:
    head, rows = _get(http, "USA", f"{GDP};SP.POP.TOTL", source="2", date="2024")
    assert head["total"] == 2
    assert [row["indicator"]["id"] for row in rows] == [GDP, "SP.POP.TOTL"]


def test_xml_is_what_comes_without_a_format(http: httpx.Client) -> None:
    space = "{http://www.worldbank.org}"
    answer = http.get(DATA.format("usa", GDP), params={"date": "2024"})
    root = ET.fromstring(answer.content)
    assert answer.headers["content-type"].startswith("text/xml")
    assert root.attrib["lastupdated"] == "2026-10-12"
    (row,) = root
    value = row.find(f"{space}value")
    assert value is not None
    assert float(str(value.text)) == _get(http, "USA", date="2024")[1][0]["value"]
    refused = ET.fromstring(http.get(DATA.format("ZZZ", GDP)).content)
    assert refused.tag == f"{space}error"


def test_catalogues_write_their_page_size_as_a_string(http: httpx.Client) -> None:
    head, rows = http.get("/worldbank/v2/country", params={"format": "json"}).json()
    assert (head["per_page"], head["total"], len(rows)) == ("50", 16, 16)
    assert {"id", "iso2Code", "name", "region", "incomeLevel", "capitalCity"} == set(rows[0])
    _, (one,) = http.get(f"/worldbank/v2/indicator/{GDP}", params={"format": "json"}).json()
    assert (one["id"], one["name"]) == (GDP, "GDP (current US$)")


def test_before_the_first_update_there_is_nothing(truth: Truth) -> None:
    ask = Ask(
        "worldbank", "GET", f"/v2/country/US/indicator/{GDP}", {"format": "json"}, {},
        datetime(1991, 1, 2, tzinfo=UTC), 1,
    )  # fmt: skip
    head, rows = httpx.Response(200, content=WorldBank(truth, Limits()).answer(ask).body).json()
    assert (head["lastupdated"], rows) == (None, None)


def test_equal_seeds_give_equal_bytes(truth: Truth) -> None:
    ask = Ask("worldbank", "GET", f"/v2/country/all/indicator/{GDP}", {"format": "json"}, {},
              AFTER_THE_CLOSE, 1)  # fmt: skip
    once = WorldBank(truth, Limits()).answer(ask)
    figures.cache_clear()
    assert WorldBank(truth, Limits()).answer(ask) == once
