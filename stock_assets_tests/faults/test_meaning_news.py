"""Articles and snapshots of companies: when they were known, and whose they are."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from stock_assets.errors import FeedIncomplete
from stock_assets.lake import PayloadStore
from stock_assets.tables import FUNDAMENTALS, GAPS, LOADS, NEWS
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    DAYS,
    FINNHUB,
    NEWSAPI,
    POLYGON_NEWS,
    run,
)
from stock_assets_tests.faults.changes import change
from stock_assets_tests.faults.conftest import World
from stock_assets_tests.faults.found import put_aside

FUNDAMENTALS_FEED: Final = "raw/finnhub_fundamentals"
TWO: Final = ("AAPL", "MSFT")
EVENING: Final = datetime(2025, 7, 28, 23, tzinfo=UTC)
TODAY: Final = EVENING.date()
QUOTE_OF_AAPL: Final = {"vendor": "finnhub", "path": "/quote$", "query": {"symbol": "AAPL"}}


@pytest.mark.parametrize("asked", [TODAY, date(2024, 3, 1)], ids=["today", "the past"])
def test_d22_a_snapshot_is_known_from_when_we_looked_whatever_day_was_asked_for(
    world: World, asked: date
) -> None:
    world.at(EVENING)
    world.fetch(FUNDAMENTALS_FEED, [asked], TWO)
    rows = world.lake().read(FUNDAMENTALS).to_pylist()
    assert {row["symbol"] for row in rows} == set(TWO)
    assert {(row["observed_hour"], row["known_at"]) for row in rows} == {(EVENING, EVENING)}


def test_d22_a_later_look_is_another_row_and_the_earlier_one_stays(world: World) -> None:
    world.at(EVENING)
    world.fetch(FUNDAMENTALS_FEED, [TODAY], TWO)
    before = world.lake().read(FUNDAMENTALS, ordered=True)
    between = datetime.now(UTC)
    world.at(EVENING + timedelta(hours=1, minutes=20))
    world.fetch(FUNDAMENTALS_FEED, [TODAY], TWO)
    hours = set(world.lake().read(FUNDAMENTALS)["observed_hour"].to_pylist())
    assert hours == {EVENING, EVENING + timedelta(hours=1)}
    assert world.lake().read(FUNDAMENTALS, as_of=between, ordered=True).equals(before)


def test_d23_an_article_that_is_edited_or_dated_back_is_a_version_known_from_now_on(
    world: World,
) -> None:
    world.at(EVENING)
    world.fetch(FINNHUB.key, [TODAY - timedelta(days=1), TODAY], TWO)
    before = world.lake().read(NEWS, ordered=True)
    between = datetime.now(UTC)
    later = EVENING + timedelta(hours=2)
    world.at(later)
    world.set_faults(
        FINNHUB.rule(change("$[-1].datetime", "shift", -3600)),
        FINNHUB.rule(change("$[-1].headline", "set", "Now it reads otherwise")),
    )
    report = world.fetch(FINNHUB.key, [TODAY], TWO)
    assert world.hits() == 2
    assert report.rows_restated == 1
    (row,) = world.lake().read(NEWS, where="headline = 'Now it reads otherwise'").to_pylist()
    assert row["known_at"] == later > row["published_at"]
    assert world.lake().read(NEWS, as_of=between, ordered=True).equals(before)
    invariants.assert_one_row_per_key(world.lake(), restated=[NEWS])


def test_d23_an_article_from_the_future_is_put_aside(world: World) -> None:
    world.set_faults(FINNHUB.rule({"kind": "future", "days": 30}))
    report, _ = run(world, FINNHUB)
    assert report is not None
    assert put_aside(world) == {"published_in_the_past": 1}


def test_d23_what_a_model_said_later_about_an_article_is_in_no_row(world: World) -> None:
    world.set_faults(
        POLYGON_NEWS.rule(change("$.results[*].insights[*].sentiment", "set", "positive"))
    )
    run(world, POLYGON_NEWS)
    assert world.hits()
    invariants.assert_healed(
        world.lake(), world.calm_after(POLYGON_NEWS.key, DAYS, POLYGON_NEWS.subjects)
    )
    store = PayloadStore(world.settings().payload_root)
    kept = [sha for shas in world.lake().read(LOADS)["payloads"].to_pylist() for sha in shas]
    assert any(b'"insights"' in store.get(sha) for sha in kept)


def test_d24_one_story_of_several_vendors_has_one_id_and_a_row_of_each(world: World) -> None:
    for case in (FINNHUB, NEWSAPI, POLYGON_NEWS):
        run(world, case)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in world.lake().read(NEWS).to_pylist():
        told[row["story_id"], row["symbol"]].add(row["vendor"])
    assert {"finnhub", "polygon"} <= set.union(*told.values())
    assert max(map(len, told.values())) >= 2


def test_d24_an_address_with_tracking_parts_is_the_same_article(world: World) -> None:
    world.at(EVENING)
    address = "https://www.example.com/story?id=7"
    world.set_faults(FINNHUB.rule(change("$[0].url", "set", address)))
    world.fetch(FINNHUB.key, [TODAY], TWO)
    before = world.lake().read(NEWS, ordered=True)
    assert address in before["url"].to_pylist()
    world.at(EVENING + timedelta(hours=1))
    tracked = f"{address}&utm_source=feed&fbclid=abc#top"
    world.set_faults(FINNHUB.rule(change("$[0].url", "set", tracked)))
    again = world.fetch(FINNHUB.key, [TODAY], TWO)
    assert world.hits() == 1
    assert (again.rows_appended, again.rows_unchanged) == (0, before.num_rows)
    assert world.lake().read(NEWS, ordered=True).equals(before)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://user:pw@example.com/x"])
def test_d24_an_address_that_nobody_should_open_is_not_stored(world: World, url: str) -> None:
    world.set_faults(FINNHUB.rule(change("$[0].url", "set", url)))
    run(world, FINNHUB)
    assert world.hits() == 1
    urls = world.lake().read(NEWS, where="symbol = 'AAPL'")["url"].to_pylist()
    assert url not in urls
    assert None in urls


def test_d27_a_quote_of_nothing_but_zeros_is_no_price(world: World) -> None:
    zeros = {"match": QUOTE_OF_AAPL, "action": {"kind": "status", "body_preset": "finnhub.zeros"}}
    world.set_faults(zeros)
    report = world.fetch(FUNDAMENTALS_FEED, DAYS[-1:], TWO)
    assert report.failed.keys() == {"AAPL"}
    assert report.failed["AAPL"].startswith("NotFound: ")
    assert "all its prices are zero" in report.failed["AAPL"]
    assert world.lake().read(FUNDAMENTALS)["symbol"].to_pylist() == ["MSFT"]
    (gap,) = world.lake().read(GAPS).to_pylist()
    assert (gap["symbol"], gap["cause"]) == ("AAPL", "not_found")
    with pytest.raises(FeedIncomplete, match="NotFound"):
        world.fetch(FUNDAMENTALS_FEED, DAYS[-1:], ("AAPL",))
    world.heal()
    world.fetch(FUNDAMENTALS_FEED, DAYS[-1:], TWO)
    healed = world.calm_after(FUNDAMENTALS_FEED, DAYS[-1:], TWO)
    invariants.assert_healed(world.lake(), healed)
