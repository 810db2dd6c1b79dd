"""Killed anywhere and run once more, the job reaches what an undisturbed run reaches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from stock_assets.warehouse import query_published
from stock_assets_tests.demo_runs import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

ARGUMENTS = ("--symbols", "8", "--from", "2025-01-02", "--to", "2026-03-31")
_SEEN = """
    select
        (select max(session) from prices_daily) as prices,
        (select max(session) from features_daily) as features,
        (select max(session) from predictions) as predictions,
        (select last_session from published_at) as published
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("undisturbed") / "home", ARGUMENTS)
    home.run()
    return home


def test_killed_while_fetching_building_training_and_publishing_it_reaches_the_same_tables(
    undisturbed: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", ARGUMENTS)
    moments: dict[str, Callable[[], bool]] = {
        "fetching": partial(_some_answers_are_kept, home.path),
        "building": (home.path / "warehouse.duckdb").exists,
        "training": _some_time_after((home.path / "mlflow.db").exists, seconds=4.0),
        "publishing": (home.path / "serving").exists,
    }
    for moment, reached in moments.items():
        assert home.kill_when(reached), f"the run ended before it could be killed while {moment}"
    home.run()
    for name, table in undisturbed.published().items():
        assert home.published()[name].equals(table), name


def test_a_reader_never_fails_and_never_sees_half_a_build_while_everything_runs(
    undisturbed: Home,
) -> None:
    link = undisturbed.path / "serving.duckdb"
    seen: set[tuple[object, ...]] = set()
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.update(tuple(r.values()) for r in query_published(link, _SEEN).to_pylist())
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        later = (*ARGUMENTS[:-1], "2026-04-30")
        Home(undisturbed.path, later).run()
        time.sleep(0.2)
    finally:
        done.set()
        reader.join()
    assert failures == []
    assert all(len(set(row)) == 1 for row in seen), seen
    assert {str(row[0]) for row in seen} == {"2026-03-31", "2026-04-30"}


def _some_answers_are_kept(home: Path) -> bool:
    return len(list(home.glob("payloads/*/*/*.zst"))) >= 4


def _some_time_after(reached: Callable[[], bool], *, seconds: float) -> Callable[[], bool]:
    since: list[float] = []

    def now() -> bool:
        if not since and reached():
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] > seconds

    return now
