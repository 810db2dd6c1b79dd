"""The economy as it was known at a time: vintages, releases, and nothing that came later."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pyarrow.compute as pc
import pytest

from stock_assets.ingest.vintages import as_of
from stock_assets.market import NEW_YORK
from stock_assets.tables import MACRO
from stock_assets.vendors.fred import Fred
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import DAYS, ECONOMY, WORLD_BANK, Case, assert_mended
from stock_assets_tests.faults.changes import change
from stock_assets_tests.faults.conftest import NOW, World

FRED: Final = Case(
    "raw/fred_macro", "fred", {"query": {"series_id": "UNRATE"}}, ("UNRATE", "GDPC1")
)
SERIES: Final = ("UNRATE", "CPIAUCSL", "GDPC1")
MOMENTS: Final = tuple(datetime(2025, month, 20, 15, tzinfo=UTC) for month in (2, 4, 6, 7))
SYSTEM: Final = ["ingested_at", "load_id", "environment"]


def known(world: World, instant: datetime) -> list[dict[str, Any]]:
    """What is answered when asked as of ``instant``."""
    return list(as_of(world.lake().read(MACRO).drop_columns(SYSTEM), instant).to_pylist())


@pytest.mark.parametrize(
    ("case", "subjects"),
    [(FRED, SERIES), (WORLD_BANK, ("FP.CPI.TOTL.ZG",)), (ECONOMY, ("CPI",))],
    ids=["fred", "world_bank", "alpha_vantage"],
)
def test_d18_what_was_known_at_a_time_stays_the_answer_about_that_time(
    world: World, case: Case, subjects: tuple[str, ...]
) -> None:
    answers = {}
    for moment in MOMENTS:
        world.at(moment)
        world.fetch(case.key, [moment.date()], subjects)
        answers[moment] = known(world, moment)
        assert answers[moment]
        assert max(row["known_at"] for row in answers[moment]) <= moment
        for earlier, answer in answers.items():
            assert known(world, earlier) == answer


def test_d18_history_that_is_fetched_today_tells_the_past_only_what_was_published(
    world: World,
) -> None:
    then = MOMENTS[1]
    world.at(then)
    world.fetch(FRED.key, [then.date()], SERIES)
    seen = known(world, then)
    world.at(NOW)
    world.fetch(FRED.key, DAYS, SERIES)
    assert known(world, then) == seen
    assert known(world, NOW) != seen


def test_d18_a_vendor_without_vintages_makes_one_of_each_change_that_we_see(world: World) -> None:
    world.fetch(ECONOMY.key, DAYS[:1], ("CPI",))
    before = known(world, NOW)
    later = NOW + timedelta(days=2)
    world.at(later)
    world.set_faults(ECONOMY.rule(change("$.data[3].value", "shift", 1)))
    world.fetch(ECONOMY.key, [later.date() - timedelta(days=1)], ("CPI",))
    assert world.hits() == 1
    assert known(world, NOW) == before
    changed = [row for row in known(world, later) if row not in before]
    assert [row["known_at"] for row in changed] == [later]
    assert [row["vintage_on"] for row in changed] == [later.date()]


def test_d19_a_figure_is_known_from_its_release_on_and_not_from_its_period(world: World) -> None:
    world.fetch(FRED.key, DAYS, SERIES)
    rows = world.lake().read(MACRO, where="period_start >= date '2015-01-01'").to_pylist()
    assert {row["series"] for row in rows} == set(SERIES)
    for row in rows:
        published = row["known_at"].astimezone(NEW_YORK)
        assert (published.date(), published.time()) == (row["vintage_on"], time(8, 30))
        assert row["vintage_on"] >= row["period_start"] + timedelta(days=28)
    march = [r for r in rows if (r["series"], r["period_start"]) == ("CPIAUCSL", date(2025, 3, 1))]
    assert min(row["known_at"] for row in march) > datetime(2025, 4, 1, tzinfo=UTC)


def test_d20_of_many_vintages_one_counts_at_any_time(world: World) -> None:
    world.fetch(FRED.key, DAYS, ("GDPC1",))
    stored = world.lake().read(MACRO)
    vintages: dict[date, list[tuple[date, float | None]]] = defaultdict(list)
    for row in stored.to_pylist():
        vintages[row["period_start"]].append((row["vintage_on"], row["value"]))
    assert max(map(len, vintages.values())) > 2
    for moment in MOMENTS:
        rows = as_of(stored, moment).to_pylist()
        assert len({row["period_start"] for row in rows}) == len(rows)
        for row in rows:
            published = [told for told in vintages[row["period_start"]] if told[0] <= moment.date()]
            assert (row["vintage_on"], row["value"]) == max(published)


def test_d20_two_values_of_one_vintage_are_both_put_aside(world: World) -> None:
    world.set_faults(
        FRED.rule(change("$.observations[-1]", "duplicate", {"value": "99.9"})),
        {
            **FRED.rule(change("$.count", "shift", 1)),
            "match": {**FRED.rule({})["match"], "path": "/observations"},
        },
    )
    report = world.fetch(FRED.key, DAYS, FRED.subjects)
    assert world.hits() == 2
    assert report.quarantined == {"one_value_per_vintage": 2}
    rows = world.lake().read(MACRO, where="series = 'UNRATE'")
    assert pc.max(rows["value"]).as_py() < 99


def test_d21_more_vintages_than_one_request_may_ask_for_are_asked_for_in_windows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = world.calm_after(FRED.key, DAYS, FRED.subjects)
    monkeypatch.setitem(Fred.__init__.__kwdefaults__ or {}, "vintages_per_request", 40)
    world.fetch(FRED.key, DAYS, FRED.subjects)
    asked = [
        one["query"]
        for one in world.requests("fred")
        if one["path"].endswith("/observations") and one["query"]["series_id"] == "UNRATE"
    ]
    assert len(asked) > 2
    starts = [query["realtime_start"] for query in asked]
    ends = [query["realtime_end"] for query in asked]
    following = [str(date.fromisoformat(end) + timedelta(days=1)) for end in ends[:-1]]
    assert starts[1:] == following
    invariants.assert_healed(world.lake(), calm)


def test_d21_a_window_that_fails_fails_the_whole_series(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.calm_after(FRED.key, DAYS, FRED.subjects)
    monkeypatch.setitem(Fred.__init__.__kwdefaults__ or {}, "vintages_per_request", 40)
    match = {"path": "/series/observations", "query": {"series_id": "UNRATE"}, "nth": 2}
    refused = {"kind": "status", "body_preset": "fred.400.vintages"}
    world.set_faults({"match": match, "action": refused})
    report = world.fetch(FRED.key, DAYS, FRED.subjects)
    assert report.failed.keys() == {"UNRATE"}
    assert "2004 vintage dates" in report.failed["UNRATE"]
    assert world.lake().count(MACRO, where="series = 'UNRATE'") == 0
    assert_mended(world, FRED)
