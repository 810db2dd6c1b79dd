"""Values of the recorded economy; what comes of each answer is in the table."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from stock_assets.errors import ContractError
from stock_assets.vendors.fred import FRED, Fred
from stock_assets.vendors.fred_releases import release_rows
from stock_assets.vendors.observations import MacroAnswer
from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank
from stock_assets_tests.vendors.conftest import CANARY, NOW, Workshop
from stock_assets_tests.vendors.fred_books import observations, series_facts, vintage_dates
from stock_assets_tests.vendors.stub import json_reply, reply, serving

pytestmark = pytest.mark.realdata

SERIES = {
    "test_get_series_json___2.json": ("GDP", "Q"),
    "test_get_series_asof_date_json_.json.gz": ("GDP", "Q"),
    "test_list_methods_diff__1.json.gz": ("WGS10YR", "W"),
    "test_remove_series__3.json.gz": ("CPILFESL", "M"),
}


def read(shared_data: Path, file: str) -> bytes:
    path = shared_data / "fixtures" / "fred" / file
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def ask(workshop: Workshop, series: str, span: tuple[date, date], *bodies: bytes) -> MacroAnswer:
    """The series through the client, with the recorded bodies in their places."""
    noon = datetime(span[1].year, span[1].month, span[1].day, 18, tzinfo=UTC)
    with serving(json_reply(vintage_dates([span[0]])), *map(reply, bodies)) as server:
        client = Fred(workshop.transport(server.url, FRED), CANARY, now=lambda: noon)
        return client.observations(series)


@pytest.mark.parametrize("file", SERIES)
def test_recorded_observations_keep_their_values_and_days(
    workshop: Workshop, shared_data: Path, file: str
) -> None:
    body = read(shared_data, file)
    content = orjson.loads(body)
    series, frequency = SERIES[file]
    ends = [date.fromisoformat(content[f"realtime_{end}"]) for end in ("start", "end")]
    facts = orjson.dumps(series_facts(series, frequency))
    ask_it = partial(ask, workshop, series, (ends[0], ends[1]))
    answer = ask_it(facts, body)
    missing = sum(one["value"] == "." for one in content["observations"])
    assert answer.rows["value"].null_count == missing
    assert answer.rows["known_at"].null_count == 0
    first = content["observations"][0]
    assert answer.rows["period_start"][0].as_py().isoformat() == first["date"]
    assert answer.rows["vintage_on"][0].as_py().isoformat() == first["realtime_start"]
    cut = orjson.dumps(content | {"observations": content["observations"][:-1]})
    with pytest.raises(ContractError, match="rows came"):
        ask_it(facts, cut)


@pytest.mark.parametrize("file", ["test_get_series_info__1.json", "test_remove_series.json"])
def test_recorded_facts_give_frequency_and_unit(
    workshop: Workshop, shared_data: Path, file: str
) -> None:
    body = read(shared_data, file)
    facts: dict[str, Any] = orjson.loads(body)["seriess"][0]
    day = date.fromisoformat(facts["realtime_start"])
    said = {"date": "2024-01-01", "value": "1.5"}
    said |= {"realtime_start": day.isoformat(), "realtime_end": day.isoformat()}
    observed = orjson.dumps(observations([said], day, day))
    rows = ask(workshop, facts["id"], (day, day), body, observed).rows
    assert rows["frequency"].to_pylist() == [facts["frequency_short"]]
    assert rows["unit"].to_pylist() == [facts["units"]]


def test_recorded_release_dates_keep_their_names(shared_data: Path) -> None:
    said = orjson.loads(read(shared_data, "test_get_releases_dates.json.gz"))["release_dates"]
    rows, rejected = release_rows(said, date(2024, 1, 1), date(2024, 12, 31), None, NOW)
    assert rejected is None
    names = dict(zip(rows["release"].to_pylist(), rows["name"].to_pylist(), strict=True))
    assert names["50"] == "Employment Situation"
    assert names["101"] == "FOMC Press Release"


def test_recorded_indicators_are_of_the_day_of_their_update(
    workshop: Workshop, shared_data: Path
) -> None:
    file = shared_data / "fixtures/worldbank/NY.GDP.MKTP.CD_MX_XC_trimmed.json"
    with serving(reply(file.read_bytes())) as server:
        client = WorldBank(workshop.transport(server.url, WORLD_BANK))
        answer = client.observations("NY.GDP.MKTP.CD", ["MX", "XC"], 2024, 2025)
    rows = answer.rows.select(["country", "period_start", "value", "vintage_on"]).to_pylist()
    updated_on = date(2026, 7, 13)
    assert [tuple(row.values()) for row in rows] == [
        ("EMU", date(2025, 1, 1), None, updated_on),
        ("MEX", date(2024, 1, 1), 1830489311088.89, updated_on),
        ("MEX", date(2025, 1, 1), 1832641364775.52, updated_on),
    ]
