"""Answers that FRED, the World Bank and others gave: rows, or the right typed error."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from stock_assets.errors import ContractError, NotFound
from stock_assets.vendors.alpha_vantage_body import read_body
from stock_assets.vendors.fred import FRED, Fred
from stock_assets.vendors.fred_releases import release_rows
from stock_assets.vendors.observations import MacroAnswer
from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank
from stock_assets_tests.conftest import SHARED_DATA
from stock_assets_tests.vendors.conftest import CANARY, NOW, Workshop
from stock_assets_tests.vendors.fred_books import observations, series_facts, vintage_dates
from stock_assets_tests.vendors.stub import json_reply, reply, serving

pytestmark = pytest.mark.realdata

OBSERVATIONS, FACTS, RELEASES = "series/observations", "series", "releases/dates"
OURS = {OBSERVATIONS, FACTS, RELEASES}
FREQUENCIES = {"GDP": "Q", "WGS10YR": "W", "CPILFESL": "M"}


def recorded(vendor: str) -> list[dict[str, str]]:
    """What is recorded of a vendor; one placeholder where there is nothing to look at."""
    index = SHARED_DATA / "fixtures" / "INDEX.csv"
    if not index.is_file():
        return [{"file": "absent", "url": f"https://absent/{vendor}"}]
    with index.open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["vendor"] == vendor]


def kind(row: dict[str, str]) -> str:
    return urlsplit(row["url"]).path.removeprefix("/fred/").strip("/")


def named(row: dict[str, str]) -> str:
    return row["file"].rsplit("/", 1)[-1]


def read(shared_data: Path, row: dict[str, str]) -> bytes:
    path = shared_data / "fixtures" / row["file"]
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def of_kind(wanted: str) -> list[dict[str, str]]:
    found = [row for row in recorded("fred") if kind(row) == wanted]
    return found or [{"file": "absent", "url": "https://absent/"}]


def ask(workshop: Workshop, series: str, span: tuple[date, date], *bodies: bytes) -> MacroAnswer:
    """The series through the client, with the recorded bodies in their places."""
    noon = datetime(span[1].year, span[1].month, span[1].day, 18, tzinfo=UTC)
    with serving(json_reply(vintage_dates([span[0]])), *map(reply, bodies)) as server:
        client = Fred(workshop.transport(server.url, FRED), CANARY, now=lambda: noon)
        return client.observations(series)


@pytest.mark.parametrize("row", of_kind(OBSERVATIONS), ids=named)
def test_recorded_observations_are_rows(
    workshop: Workshop, shared_data: Path, row: dict[str, str]
) -> None:
    body = read(shared_data, row)
    content = orjson.loads(body)
    series = parse_qs(urlsplit(row["url"]).query)["series_id"][0]
    ends = [date.fromisoformat(content[f"realtime_{end}"]) for end in ("start", "end")]
    facts = orjson.dumps(series_facts(series, FREQUENCIES[series]))
    ask_it = partial(ask, workshop, series, (ends[0], ends[1]))
    answer = ask_it(facts, body)
    assert answer.rejected is None
    assert answer.rows.num_rows == content["count"] > 300
    missing = sum(one["value"] == "." for one in content["observations"])
    assert answer.rows["value"].null_count == missing
    assert answer.rows["known_at"].null_count == 0
    first = content["observations"][0]
    assert answer.rows["period_start"][0].as_py().isoformat() == first["date"]
    assert answer.rows["vintage_on"][0].as_py().isoformat() == first["realtime_start"]
    cut = orjson.dumps(content | {"observations": content["observations"][:-1]})
    with pytest.raises(ContractError, match="rows came"):
        ask_it(facts, cut)


@pytest.mark.parametrize("row", of_kind(FACTS), ids=named)
def test_recorded_facts_give_frequency_and_unit(
    workshop: Workshop, shared_data: Path, row: dict[str, str]
) -> None:
    body = read(shared_data, row)
    facts: dict[str, Any] = orjson.loads(body)["seriess"][0]
    day = date.fromisoformat(facts["realtime_start"])
    said = {"date": "2024-01-01", "value": "1.5"}
    said |= {"realtime_start": day.isoformat(), "realtime_end": day.isoformat()}
    observed = orjson.dumps(observations([said], day, day))
    rows = ask(workshop, facts["id"], (day, day), body, observed).rows
    assert rows["frequency"].to_pylist() == [facts["frequency_short"]]
    assert rows["unit"].to_pylist() == [facts["units"]]


@pytest.mark.parametrize("row", of_kind(RELEASES), ids=named)
def test_recorded_release_dates_are_rows(shared_data: Path, row: dict[str, str]) -> None:
    said = orjson.loads(read(shared_data, row))["release_dates"]
    rows, rejected = release_rows(said, date(2024, 1, 1), date(2024, 12, 31), None, NOW)
    assert rejected is None
    assert rows.num_rows == len({(one["release_id"], one["date"]) for one in said}) > 900
    names = dict(zip(rows["release"].to_pylist(), rows["name"].to_pylist(), strict=True))
    assert names["50"] == "Employment Situation"
    assert names["101"] == "FOMC Press Release"


@pytest.mark.parametrize("row", [r for r in recorded("fred") if kind(r) not in OURS], ids=named)
def test_fred_answers_of_other_kinds_are_not_ours_and_never_rows(
    workshop: Workshop, shared_data: Path, row: dict[str, str]
) -> None:
    facts = orjson.dumps(series_facts("GDP", "Q"))
    day = date(2024, 12, 19)
    with pytest.raises(ContractError, match="observations is not a list"):
        ask(workshop, "GDP", (day, day), facts, read(shared_data, row))


@pytest.mark.parametrize("row", recorded("worldbank"), ids=named)
def test_recorded_world_bank_answers_are_rows_or_not_found(
    workshop: Workshop, shared_data: Path, row: dict[str, str]
) -> None:
    body = read(shared_data, row)
    content = orjson.loads(body)
    countries = urlsplit(row["url"]).path.split("/")[3].split(";")
    with serving(reply(body)) as server:
        client = WorldBank(workshop.transport(server.url, WORLD_BANK))
        ask_it = partial(client.observations, "NY.GDP.MKTP.CD", countries, 1960, 2026)
        if len(content) == 1:
            with pytest.raises(NotFound, match="120"):
                ask_it()
            return
        answer = ask_it()
    theirs = {r["country"]["id"] for r in content[1]} - set(countries)
    foreign = sum(r["country"]["id"] in theirs for r in content[1])
    assert answer.rows.num_rows == len(content[1]) - foreign > 0
    assert (answer.rejected.num_rows if answer.rejected else 0) == foreign
    assert set(answer.rows["vintage_on"].to_pylist()) == {
        date.fromisoformat(content[0]["lastupdated"])
    }


@pytest.mark.parametrize("row", recorded("nyfed"), ids=named)
def test_the_new_york_feds_own_answers_are_not_ours_and_never_rows(
    workshop: Workshop, shared_data: Path, row: dict[str, str]
) -> None:
    day = date(2023, 6, 7)
    facts = orjson.dumps(series_facts("EFFR", "D"))
    with pytest.raises(ContractError, match="observations is not a list"):
        ask(workshop, "EFFR", (day, day), facts, read(shared_data, row))


@pytest.mark.parametrize("row", recorded("alpha_vantage"), ids=named)
def test_alpha_vantage_answers_of_other_kinds_are_never_economic_data(
    shared_data: Path, row: dict[str, str]
) -> None:
    with pytest.raises(ContractError, match="the answer has no 'data'"):
        read_body("GET query", read(shared_data, row), "data")
