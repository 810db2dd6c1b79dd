"""Retention: what is old and needed by nobody goes, is recorded, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import InputError, StorageBusy, StorageError
from stock_assets.ingest.feeds import FEEDS
from stock_assets.lake import Lake
from stock_assets.lake.locks import one_writer
from stock_assets.lake.retention import KIND_OF, KINDS, Kind, Plan, Policy, work
from stock_assets.lake.retention import hourly as hourly_rows
from stock_assets.lake.retention.answers import Naming, judge
from stock_assets.lake.retention.listing import Found, files_under, remove_files
from stock_assets.lake.retention.work import apply, plan
from stock_assets.market import NEW_YORK, decision_time
from stock_assets.tables import (
    FUNDAMENTALS,
    GAPS,
    LOADS,
    NEWS,
    PREDICTIONS,
    PRICES,
    QUARANTINE,
    REMOVALS,
    TABLES,
)
from stock_assets_tests.lake.bars import bar, grid, rows
from stock_assets_tests.lake.looks import POLICY, SPANS, TODAY, Past, fingerprint

SHA = "ab" * 32
SOON = Policy(SPANS, replaced_files_stay=timedelta(0))
"""Replaced files may go at once: their ages are by the machine's clock."""


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def planned(past: Past, policy: Policy = POLICY, kinds: tuple[Kind, ...] = KINDS) -> Plan:
    return plan(past.place(), policy, now=TODAY, kinds=kinds)


def applied(past: Past, policy: Policy = POLICY) -> Plan:
    return apply(planned(past, policy), past.place(), policy, now=TODAY)


def names(found: Plan, what: str) -> set[str]:
    return {one.name for one in found.going if one.what == what}


def reasons(found: Plan, what: str = "answer") -> set[str]:
    return {one.reason for one in found.staying if one.what == what}


def hours_of(days: int, first: datetime) -> list[datetime]:
    return [first + timedelta(hours=hour, minutes=3) for hour in range(24 * days)]


# Kept answers


def test_every_table_has_a_kind_and_the_tables_of_a_feed_have_a_span() -> None:
    assert set(KIND_OF) == set(TABLES)
    assert all(KIND_OF[table.name] != "records" for feed in FEEDS for table in feed.tables)


@pytest.mark.parametrize(("days_ago", "goes"), [(59.9, False), (60.1, True)])
def test_an_answer_goes_when_its_kinds_span_is_over(
    past: Past, days_ago: float, goes: bool
) -> None:
    sha = past.keep(b"news", days_ago)
    past.news(days_ago, sha)
    assert names(planned(past), "answer") == ({sha} if goes else set())
    applied(past)
    assert past.has(sha) is not goes
    assert past.lake.count(NEWS) == 1, "the row that came from it stays"


def test_what_goes_is_recorded_with_its_hash_and_the_load_stays_in_the_books(past: Past) -> None:
    sha = past.keep(b"news", 100)
    load = past.news(100, sha)
    size = past.file_of(sha).stat().st_size
    applied(past)
    (row,) = past.lake.read(REMOVALS).to_pylist()
    assert (row["what"], row["name"], row["kind"], row["size_bytes"]) == (
        "answer",
        sha,
        "news",
        size,
    )
    assert row["reason"] == "no load of the last 60 days names it"
    assert abs(row["last_used_at"] - (TODAY - timedelta(days=100))) < timedelta(minutes=1)
    (kept,) = past.lake.read(LOADS, where=f"load = '{load}'").to_pylist()
    assert kept["payloads"] == [sha]


def test_an_answer_that_a_younger_load_got_again_stays_and_the_plan_says_so(past: Past) -> None:
    sha = past.keep(b"[]", 100)
    past.news(100, sha)
    past.news(10, sha)
    assert not planned(past).going
    assert reasons(planned(past)) == {"a younger load got the very same answer"}


def test_an_answer_of_two_kinds_is_kept_for_the_longer_span(past: Past) -> None:
    sha = past.keep(b"both", 80)
    past.news(80, sha)
    past.load(PRICES, grid(), 80, sha)
    assert not planned(past).going
    assert sha in names(plan(past.place(), POLICY, now=TODAY + timedelta(days=11)), "answer")


def test_an_answer_that_an_audit_needs_stays_by_load_feed_or_hash(past: Past) -> None:
    sha = past.keep(b"evidence", 100)
    load = past.news(100, sha)
    for held in (sha, load, "raw/feed"):
        found = planned(past, Policy(SPANS, hold=(held,)))
        assert not found.going
        assert reasons(found) == {"an audit needs it (STOCK_ASSETS_RETENTION_HOLD)"}
    assert names(planned(past, Policy(SPANS, hold=("other",))), "answer") == {sha}


def test_an_answer_stays_while_a_row_of_it_waits_for_its_replay(past: Past) -> None:
    sha = past.keep(b"broken", 200)
    past.load(PRICES, rows(bar(close=-1.0)), 200, sha)
    assert reasons(planned(past)) == {"a row of it was put aside and not replayed yet"}
    past.load(PRICES, rows(bar(close=10.0)), 1)
    assert names(planned(past), "answer") == {sha}, "the later word for the same bar settles it"


def test_an_answer_stays_while_the_vendors_code_refused_a_row_of_it(past: Past) -> None:
    sha = past.keep(b"refused", 200)
    rejected = pa.table(
        {
            "rule": ["symbol_known"],
            "reason": ["nobody knows it"],
            "symbol": ["AAPL"],
            "session": [date(2024, 1, 2)],
        }
    )
    past.load(PRICES, grid(("MSFT",)), 200, sha, rejected=rejected)
    assert past.lake.count(QUARANTINE) == 1
    assert reasons(planned(past)) == {"a row of it was put aside and not replayed yet"}
    past.load(PRICES, grid(("AAPL",)), 1)
    assert names(planned(past), "answer") == {sha}


def test_an_answer_stays_while_a_prediction_made_from_it_has_no_outcome(past: Past) -> None:
    used, other = past.keep(b"used", 100), past.keep(b"other", 100)
    past.load(PRICES, grid(("AAPL",)), 100, used)
    past.load(PRICES, grid(("MSFT",)), 100, other)
    said = {
        "symbol": "AAPL",
        "session": date(2024, 1, 5),
        "target_session": date(2024, 1, 8),
        "model_name": "m",
        "model_version": "1",
        "probability_up": 0.5,
        "direction": "down",
        "evidence": "edge",
        "decided_at": datetime(2024, 1, 6, 6, 30, tzinfo=UTC),
        "created_at": datetime(2024, 1, 6, 6, 40, tzinfo=UTC),
        "known_at": datetime(2024, 1, 6, 6, 30, tzinfo=UTC),
    }
    past.load(PREDICTIONS, pa.Table.from_pylist([said], schema=PREDICTIONS.row_schema), 99)
    assert names(planned(past), "answer") == {other}
    assert reasons(planned(past)) == {"a prediction whose outcome is open was made from it"}
    past.load(PRICES, rows(bar("AAPL", date(2024, 1, 8))), 1)
    assert names(planned(past), "answer") == {used, other}


def test_an_answer_that_no_load_names_is_kept_for_the_longest_span(past: Past) -> None:
    young, old = past.keep(b"error page", 729), past.keep(b"old error page", 731)
    found = planned(past)
    assert names(found, "answer") == {old}
    assert {one.kind for one in found.going} == {"records"}
    applied(past)
    assert past.has(young)


def test_an_old_answer_that_was_just_kept_again_waits_for_its_load(past: Past) -> None:
    sha = past.keep(b"[]", 0.5)
    past.news(100, sha)
    assert reasons(planned(past)) == {
        "it was kept again within a day; a load may be about to name it"
    }
    past.keep(b"[]", 1.5)
    assert names(planned(past), "answer") == {sha}


def test_a_load_whose_process_died_before_it_was_recorded_keeps_its_answer(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = past.keep(b"[]", 100)
    past.news(100, sha)
    found = planned(past)
    assert names(found, "answer") == {sha}

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("stock_assets.lake.appending.Appender._record", dies)
        with pytest.raises(KeyboardInterrupt):
            past.news(1, sha)
    past.clock.present = TODAY
    done = apply(found, past.place(), POLICY, now=TODAY)
    assert not done.going
    assert past.has(sha)


def test_files_that_are_no_answers_are_never_touched(past: Past) -> None:
    foreign = past.home / "payloads" / "ab" / "cd" / "notes.txt"
    misplaced = past.home / "payloads" / "00" / "00" / f"{SHA}.zst"
    for path in (foreign, misplaced):
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    found = plan(past.place(), POLICY, now=TODAY + timedelta(days=36500))
    assert not found.going


kinds_of_tables = st.sampled_from(sorted(KIND_OF))
uses = st.tuples(st.integers(0, 19), st.integers(0, 29), kinds_of_tables, st.floats(0, 1000))


@given(st.lists(uses, max_size=60), st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)))
def test_whatever_the_ages_nothing_young_needed_or_held_goes_and_everything_else_does(
    used: list[tuple[int, int, str, float]], needed: set[int], held: set[int]
) -> None:
    shas = {number: f"{number:064x}" for number in range(20)}
    old = TODAY - timedelta(days=2000)
    answers = {sha: Found(10, old) for sha in shas.values()}
    named = [
        Naming(shas[answer], f"load{load}", "raw/feed", table, TODAY - timedelta(days=age))
        for answer, load, table, age in used
    ]
    policy = Policy(SPANS, hold={f"load{number}" for number in held})
    why = {f"load{number}": "somebody needs it" for number in needed}
    going, staying = judge(answers, named, why, policy, TODAY)
    gone = {one.name for one in going}
    for sha in answers:
        behind = [one for one in named if one.sha == sha]
        young = any(TODAY - one.at <= policy.span(KIND_OF[one.target]) for one in behind)
        wanted = any(one.load in why or one.load in policy.hold for one in behind)
        assert (sha in gone) is not (young or wanted)
    newest = max(named, key=lambda one: one.at, default=None)
    if newest is not None and TODAY - newest.at <= timedelta(days=60):
        assert newest.sha not in gone
    assert len(going) + len(staying) <= len(answers)
    assert going == judge(answers, reversed(named), why, policy, TODAY)[0]


# Hourly looks


def test_of_an_old_day_the_last_look_and_the_last_before_the_decision_stay(past: Past) -> None:
    first = datetime(2024, 1, 9, 5, tzinfo=UTC)  # midnight in New York
    for at in hours_of(2, first):
        past.look(at, 100.0 + at.hour)
    found = planned(past)
    assert names(found, "rows") == {"fundamentals/2024-01-09", "fundamentals/2024-01-10"}
    assert reasons(found, "rows") == {
        "the last look of its day",
        "the last look before a decision",
    }
    applied(past)
    hours = past.lake.read(FUNDAMENTALS, ordered=True)["observed_hour"].to_pylist()
    # The looks are made at minute 3: that of 06 o'clock is the last before 06:30 UTC.
    assert [(hour.day, hour.hour) for hour in hours] == [(9, 6), (10, 4), (10, 6), (11, 4)]


@pytest.mark.parametrize("seed", range(4))
def test_a_reader_as_of_the_kept_window_gets_the_same_days_and_decisions_before_and_after(
    past: Past, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    cutoff = POLICY.cutoff("financial", TODAY)
    begin = cutoff - timedelta(days=4)
    # On few hours, so that some are corrected within the hour, before or after a decision.
    hours = np.arange(6 * 24)[np.isin(np.arange(6 * 24) % 24, (4, 5, 6, 7, 20))]
    possible = (hours[:, None] * 60 + np.arange(0, 60, 5)).ravel() - 12 * 60
    minutes = np.sort(chance.choice(possible, size=40, replace=False))
    for minute in minutes:
        past.look(begin + timedelta(minutes=int(minute)), float(chance.uniform(1, 9)))
    moments = [cutoff, cutoff + timedelta(hours=7), cutoff + timedelta(days=1), TODAY]
    before = [views(past.lake, at) for at in moments]
    young = [young_rows(past.lake, cutoff, at) for at in moments]
    newest = newest_of_each(past.lake)
    done = applied(past)
    assert names(done, "rows")
    assert [views(past.lake, at) for at in moments] == before
    for at, rows_before in zip(moments, young, strict=True):
        assert young_rows(past.lake, cutoff, at).equals(rows_before)
    assert newest_of_each(past.lake) == newest


def views(lake: Lake, as_of: datetime) -> tuple[dict[tuple[object, ...], float], ...]:
    return (
        by_day(lake, as_of),
        by_decision(lake, as_of, last_words=False),
        by_decision(lake, as_of, last_words=True),
    )


def by_day(lake: Lake, as_of: datetime) -> dict[tuple[object, ...], float]:
    """Each company's last look of each New York day."""
    looks = lake.read(FUNDAMENTALS, as_of=as_of, ordered=True).to_pylist()
    return {
        (look["symbol"], look["observed_hour"].astimezone(NEW_YORK).date()): look["price_usd"]
        for look in sorted(looks, key=lambda look: look["observed_hour"])
    }


def by_decision(
    lake: Lake, as_of: datetime, *, last_words: bool
) -> dict[tuple[object, ...], float]:
    """What each decision time saw of each company last, in all words or in last words only."""
    looks = lake.history(FUNDAMENTALS).to_pylist()
    looks = [look for look in looks if look["ingested_at"] <= as_of]
    if last_words:
        looks = lake.read(FUNDAMENTALS, as_of=as_of).to_pylist()
    looks.sort(key=lambda look: (look["observed_hour"], look["ingested_at"]))
    decisions = [decision_time(date(2024, 1, 5) + timedelta(days=day)) for day in range(70)]
    return {
        (look["symbol"], decision): look["price_usd"]
        for decision in decisions
        for look in looks
        if look["known_at"] <= decision
    }


def young_rows(lake: Lake, cutoff: datetime, as_of: datetime) -> pa.Table:
    where = f"ingested_at >= '{cutoff.isoformat()}'"
    return lake.read(FUNDAMENTALS, where=where, as_of=as_of, ordered=True)


def newest_of_each(lake: Lake) -> dict[str, datetime]:
    looks = lake.read(FUNDAMENTALS).to_pylist()
    return {
        look["symbol"]: look["observed_hour"]
        for look in sorted(looks, key=lambda look: look["observed_hour"])
    }


def test_a_look_corrected_after_the_decision_leaves_every_reader_what_they_saw(past: Past) -> None:
    day = datetime(2024, 1, 9, tzinfo=UTC)
    for price, (hour, minute) in enumerate(((4, 50), (5, 10), (6, 10), (6, 40), (12, 0)), start=1):
        past.look(day + timedelta(hours=hour, minutes=minute), float(price))
    before = views(past.lake, TODAY)
    assert [view["AAPL", decision_time(date(2024, 1, 8))] for view in before[1:]] == [3.0, 2.0]
    applied(past)
    assert views(past.lake, TODAY) == before


def test_a_day_goes_whole_and_not_while_a_look_of_it_is_young(past: Past) -> None:
    cutoff = POLICY.cutoff("financial", TODAY)
    for hour in (-30, -29, -28, -1, 1):
        past.look(cutoff + timedelta(hours=hour), 5.0)
    (item,) = planned(past).going
    assert item.name == f"fundamentals/{(cutoff - timedelta(hours=28)).date()}"
    later = plan(past.place(), POLICY, now=TODAY + timedelta(days=2))
    assert len(names(later, "rows")) == 2


def test_looks_that_an_audit_needs_stay(past: Past) -> None:
    first = datetime(2024, 1, 9, 14, tzinfo=UTC)
    held = past.look(first, 1.0)
    for hour in (1, 2):
        past.look(first + timedelta(hours=hour), 2.0)
    found = planned(past, Policy(SPANS, hold=(held,)))
    assert [one.rows for one in found.going] == [1]
    assert "an audit needs it (STOCK_ASSETS_RETENTION_HOLD)" in reasons(found, "rows")


def test_rows_go_in_one_commit_and_a_later_load_is_recorded_as_ever(past: Past) -> None:
    for at in hours_of(1, datetime(2024, 1, 9, 5, tzinfo=UTC)):
        past.look(at, 7.0)
    past.look(TODAY, 8.0)
    past.lake.compact(FUNDAMENTALS)
    version = past.lake.version(FUNDAMENTALS) or 0
    history = past.lake.history(FUNDAMENTALS, "observed_hour > '2024-02-01'")
    applied(past)
    assert past.lake.version(FUNDAMENTALS) == version + 1
    assert past.lake.history(FUNDAMENTALS, "observed_hour > '2024-02-01'").equals(history)
    (commit,) = DeltaTable(str(past.home / "lake" / "fundamentals")).history(1)
    assert json.loads(commit["retention"])["rows"] == 22
    before = past.lake.count(LOADS)
    past.look(TODAY + timedelta(hours=2), 9.0)
    assert (past.lake.count(LOADS), past.lake.count(FUNDAMENTALS)) == (before + 1, 4)
    assert past.lake.recover() == 0


def test_a_table_that_somebody_writes_is_left_alone_and_the_next_run_goes_on(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in hours_of(1, datetime(2024, 1, 9, 5, tzinfo=UTC)):
        past.look(at, 7.0)
    monkeypatch.setattr(hourly_rows, "LOCK_WAIT_S", 0.1)
    found = planned(past)
    locks = past.home / "locks"
    with one_writer(locks, "fundamentals", 1), pytest.raises(StorageBusy, match="fundamentals"):
        hourly_rows.remove_superseded(
            past.lake, hourly_rows.HOURLY[0], POLICY, TODAY, [date(2024, 1, 9)], locks
        )
    assert past.lake.count(FUNDAMENTALS) == 24
    apply(found, past.place(), POLICY, now=TODAY)
    assert past.lake.count(FUNDAMENTALS) == 2


# Replaced files


def test_replaced_files_go_after_a_week_and_no_row_with_them(past: Past) -> None:
    for symbol in ("AAPL", "MSFT", "NVDA"):
        past.load(PRICES, grid((symbol,)), 1)
    past.lake.compact(PRICES)
    whole = past.lake.history(PRICES)
    young = planned(past)
    assert not names(young, "file")
    assert "replaced within the last 7 days; a reader may still hold it" in reasons(young, "file")
    done = applied(past, SOON)
    assert len([name for name in names(done, "file") if name.startswith("prices/")]) == 3
    assert len(list((past.home / "lake" / "prices").glob("*.parquet"))) == 1
    assert past.lake.history(PRICES).equals(whole)
    recorded = past.lake.read(REMOVALS, where="what = 'file'")
    assert set(recorded["name"].to_pylist()) == names(done, "file")
    assert not names(planned(past, SOON), "file")


def test_the_version_that_a_registered_model_was_trained_from_can_still_be_read(
    past: Past,
) -> None:
    past.load(PRICES, grid(("AAPL",)), 3)
    past.load(PRICES, grid(("MSFT",)), 2)
    trained_from = past.lake.version(PRICES)
    past.load(PRICES, grid(("NVDA",)), 1)
    for at in hours_of(1, datetime(2024, 1, 9, 5, tzinfo=UTC)):
        past.look(at, 7.0)
    looked_at = past.lake.version(FUNDAMENTALS)
    past.lake.compact(PRICES)
    past.readers = {
        "model version 3": {"prices": trained_from, "fundamentals": looked_at, "news": None},
        "model version 4": {"prices": 999, "a_table_of_old": 1},
    }
    applied(past, SOON)
    second = applied(past, SOON)
    assert "recorded by model version 3" in reasons(second, "file")
    for table, version, count in ((PRICES, trained_from, 8), (FUNDAMENTALS, looked_at, 24)):
        old = DeltaTable(str(past.home / "lake" / table.name), version=version)
        assert old.to_pyarrow_table().num_rows == count
    assert past.lake.count(FUNDAMENTALS) == 2
    past.readers = {}
    applied(past, SOON)
    with pytest.raises(FileNotFoundError):
        DeltaTable(str(past.home / "lake" / "prices"), version=trained_from).to_pyarrow_table()


# All of it


def everything(past: Past) -> dict[str, str]:
    """Something of each sort that goes, and something young of each."""
    shas = {name: past.keep(name.encode(), age) for name, age in (("old", 100), ("young", 1))}
    past.news(100, shas["old"])
    past.news(1, shas["young"])
    for at in hours_of(2, datetime(2024, 1, 9, 5, tzinfo=UTC))[::3]:
        past.look(at, 7.0)
    past.look(TODAY, 8.0)
    past.load(PRICES, grid(), 100)
    return shas


def test_a_plan_changes_nothing(past: Past) -> None:
    everything(past)
    before = fingerprint(past.home)
    assert planned(past).going
    assert fingerprint(past.home) == before


def test_a_second_time_changes_nothing(past: Past) -> None:
    everything(past)
    assert {one.what for one in applied(past).going} == {"answer", "rows"}
    before = fingerprint(past.home)
    assert not applied(past).going
    assert fingerprint(past.home) == before


def test_no_row_of_any_other_table_changes_and_reading_as_of_the_past_says_the_same(
    past: Past,
) -> None:
    everything(past)
    others = [t for t in TABLES.values() if t not in {FUNDAMENTALS, LOADS, REMOVALS}]
    then = TODAY - timedelta(days=30)
    before = {t.name: (past.lake.history(t), past.lake.read(t, as_of=then)) for t in others}
    loads = past.lake.count(LOADS)
    applied(past, SOON)
    for table in others:
        history, as_of = before[table.name]
        assert past.lake.history(table).equals(history)
        assert past.lake.read(table, as_of=then).num_rows == as_of.num_rows
    assert past.lake.count(LOADS) == loads + 1, "the load of the record itself"
    assert past.lake.count(GAPS) == 0


def test_a_crash_after_the_record_is_made_up_for_by_the_next_run(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    shas = everything(past)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("stock_assets.lake.retention.work.remove_files", dies)
        with pytest.raises(KeyboardInterrupt):
            applied(past)
    assert past.has(shas["old"])
    recorded = past.lake.history(REMOVALS)
    applied(past)
    assert not past.has(shas["old"])
    assert past.lake.history(REMOVALS).equals(recorded), "the same removal is recorded once"
    assert past.lake.count(FUNDAMENTALS) == 5


def test_what_became_needed_between_plan_and_removal_stays(past: Past) -> None:
    shas = everything(past)
    found = planned(past)
    past.news(0.5, shas["old"])
    done = apply(found, past.place(), POLICY, now=TODAY)
    assert names(done, "answer") == set()
    assert past.has(shas["old"])


def test_an_answer_that_is_kept_again_while_others_are_removed_stays(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    shas = everything(past)
    real = remove_files

    def meanwhile(root: str, paths: Iterable[str], **other: datetime) -> None:
        past.keep(b"old", 0)
        real(root, paths, **other)

    monkeypatch.setattr(work, "remove_files", meanwhile)
    applied(past)
    assert past.has(shas["old"])


def test_what_was_not_planned_does_not_go(past: Past) -> None:
    shas = everything(past)
    nothing = replace(planned(past), going=())
    assert not apply(nothing, past.place(), POLICY, now=TODAY).going
    assert past.has(shas["old"])
    assert past.lake.count(REMOVALS) == 0


def test_a_plan_of_one_kind_leaves_the_others(past: Past) -> None:
    everything(past)
    assert {one.kind for one in planned(past, kinds=("news",)).going} == {"news"}
    assert {one.kind for one in planned(past, kinds=("financial",)).going} == {"financial"}
    assert not planned(past, kinds=("macro",)).going


def test_figures_say_how_much_of_what_and_how_old(past: Past) -> None:
    shas = everything(past)
    shares = {(one.kind, one.what): one for one in planned(past).shares()}
    assert shares["financial", "rows"].count == 12
    news = shares["news", "answer"]
    assert (news.count, news.size_bytes) == (1, past.file_of(shas["old"]).stat().st_size)
    assert news.oldest == news.newest < TODAY - timedelta(days=99)


def test_an_empty_home_has_nothing_to_lose(past: Past) -> None:
    assert not planned(past).going
    assert not planned(past).staying
    assert not applied(past).going


def test_what_cannot_be_removed_is_a_typed_error_and_what_is_gone_is_passed_over(
    tmp_path: Path,
) -> None:
    (tmp_path / "stubborn").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="retention"):
        remove_files(str(tmp_path), ["never there", "file", "stubborn"])
    assert [path.name for path in tmp_path.iterdir()] == ["stubborn"]
    assert files_under(str(tmp_path / "nowhere")) == {}


def test_a_lake_behind_an_address_is_treated_alike(tmp_path: Path) -> None:
    past = Past(tmp_path)
    shas = everything(past)
    place = replace(
        past.place(),
        lake=Lake(f"file://{tmp_path}/lake", environment="sandbox", now=lambda: TODAY),
        payloads=f"file://{tmp_path}/payloads",
        locks=None,
    )
    there = plan(place, POLICY, now=TODAY)
    assert {(one.what, one.name) for one in there.going} == {
        (one.what, one.name) for one in planned(past).going
    }
    apply(there, place, POLICY, now=TODAY)
    assert not past.has(shas["old"])
    assert past.lake.count(FUNDAMENTALS) == 5


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "records"])
def test_a_span_of_no_day_is_refused(kind: Kind) -> None:
    with pytest.raises(InputError, match=f"{kind}: 0"):
        Policy({**SPANS, kind: 0})
