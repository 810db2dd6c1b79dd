from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from stock_assets.errors import (
    BuildError,
    EnvironmentMixed,
    QualityError,
    StorageUnavailable,
)
from stock_assets.warehouse import Publication, publish, query_published
from stock_assets_tests.warehouse.built import build_warehouse

NOON = datetime(2024, 6, 3, 12, tzinfo=UTC)


class Home:
    """A home with a warehouse that can be built again and published."""

    def __init__(self, root: Path) -> None:
        self.warehouse = root / "warehouse.duckdb"
        self.link = root / "serving.duckdb"
        self.moment = NOON

    def build(self, generation: int) -> None:
        build_warehouse(self.warehouse, sessions=5, generation=generation)

    def publish(self) -> Publication:
        self.moment += timedelta(minutes=1)
        return publish(
            self.warehouse,
            self.link,
            environment="sandbox",
            manifest_hash="abc",
            now=self.moment,
        )

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.link.parent / "serving").iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.build(0)
    return made


def test_what_is_published_says_where_it_comes_from(home: Home) -> None:
    done = home.publish()
    assert done.is_new
    assert done.rows["prices_daily"] == 5
    (row,) = query_published(home.link, "from published_at").to_pylist()
    assert row["published_at"] == home.moment
    assert row["last_session"] == done.last_session
    assert json.loads(row["lake_versions"]) == {"prices": 3}
    assert row["manifest_hash"] == "abc"
    assert row["environment"] == "sandbox"
    tables = query_published(home.link, "select table_name from duckdb_tables()")
    assert sorted(tables["table_name"].to_pylist()) == [
        "features_daily",
        "model_performance",
        "prediction_outcomes",
        "predictions",
        "prices_daily",
        "published_at",
    ]


def test_the_published_file_is_read_only_and_the_link_is_relative(home: Home) -> None:
    done = home.publish()
    assert home.link.is_symlink()
    assert not home.link.readlink().is_absolute()
    assert home.link.resolve() == done.file
    assert done.file.stat().st_mode & 0o777 == 0o444
    assert done.file.name.startswith("serving-20240603T120100")


def test_publishing_the_same_content_again_changes_nothing_and_says_so(home: Home) -> None:
    first = home.publish()
    before = first.file.stat().st_mtime_ns
    home.build(0)
    again = home.publish()
    assert not again.is_new
    assert again.file == first.file
    assert again.content_hash == first.content_hash
    assert again.file.stat().st_mtime_ns == before
    assert len(home.files()) == 1


def test_one_changed_value_is_a_new_publication(home: Home) -> None:
    first = home.publish()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            "update monitoring.predictions set probability_up = 0.5000000001 "
            "where session = date '2024-01-03'"
        )
    assert home.publish().content_hash != first.content_hash


def test_the_last_three_files_are_kept_and_the_link_never_dangles(home: Home) -> None:
    for generation in range(5):
        home.build(generation)
        done = home.publish()
        assert home.link.resolve() == done.file
        assert done.file.exists()
    assert len(home.files()) == 3


def test_a_clock_that_went_back_never_removes_what_the_link_points_to(home: Home) -> None:
    for generation in range(3):
        home.build(generation)
        home.publish()
    home.moment = NOON - timedelta(days=900)
    home.build(9)
    done = home.publish()
    assert home.link.resolve() == done.file
    assert done.file.exists()
    home.moment = NOON - timedelta(days=800)
    home.build(10)
    assert home.publish().file.exists()
    assert len(home.files()) == 3


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("insert into marts.prices_daily from marts.prices_daily limit 1", "prices_daily"),
        ("update monitoring.predictions set model_version = null", "predictions"),
        (
            "insert into features.features_daily from features.features_daily limit 2",
            "features_daily",
        ),
    ],
)
def test_a_repeated_or_missing_key_is_refused_and_the_old_publication_stays(
    home: Home, damage: str, table: str
) -> None:
    first = home.publish()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(damage)
    with pytest.raises(QualityError, match=table):
        home.publish()
    assert home.link.resolve() == first.file
    assert len(home.files()) == 1


def test_a_warehouse_that_was_not_built_or_not_wholly_is_refused(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("drop table monitoring.model_performance")
    with pytest.raises(BuildError, match="model_performance"):
        home.publish()
    home.warehouse.unlink()
    with pytest.raises(BuildError, match="has not been built"):
        home.publish()


def test_another_environment_is_not_published_over_this_one(home: Home) -> None:
    home.publish()
    with pytest.raises(EnvironmentMixed, match="sandbox"):
        publish(home.warehouse, home.link, environment="live", manifest_hash="abc")


def test_a_file_in_the_place_of_the_link_is_not_overwritten(home: Home) -> None:
    home.link.write_text("mine")
    with pytest.raises(StorageUnavailable, match="where our link should be"):
        home.publish()
    assert home.link.read_text() == "mine"


def test_a_serving_directory_that_cannot_be_made_is_a_clear_error(home: Home) -> None:
    (home.link.parent / "serving").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="old publication stays"):
        home.publish()


_KILLED = """
import os, sys
from pathlib import Path
from stock_assets.warehouse import publish as module_function
import stock_assets.warehouse.publish as _
module = sys.modules["stock_assets.warehouse.publish"]
setattr(module, sys.argv[3], lambda *a, **k: os._exit(137))
module.publish(Path(sys.argv[1]), Path(sys.argv[2]), environment="sandbox", manifest_hash="abc")
"""


@pytest.mark.parametrize("step", ["_copy", "_sync", "_swap"])
def test_a_kill_at_any_step_leaves_the_old_publication_and_the_next_one_heals(
    home: Home, step: str
) -> None:
    first = home.publish()
    home.build(1)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home.warehouse), str(home.link), step],
        capture_output=True,
        text=True,
    )
    assert killed.returncode == 137, killed.stderr
    assert home.link.resolve() == first.file
    assert query_published(home.link, "select max(close_usd) as c from prices_daily").to_pylist()
    done = home.publish()
    assert done.is_new
    assert home.link.resolve() == done.file
    (row,) = query_published(home.link, "select max(close_usd) as c from prices_daily").to_pylist()
    assert row["c"] == 1.0
    assert not [name for name in home.files() if not name.endswith(".duckdb")]


def test_a_reader_in_a_loop_never_fails_never_waits_and_never_sees_a_mix(home: Home) -> None:
    home.publish()
    mixed: list[object] = []
    failures: list[BaseException] = []
    seen: list[float] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                (row,) = query_published(
                    home.link,
                    "select min(close_usd) as low, max(close_usd) as high, "
                    "(select max(weekday) from features_daily) as feature from prices_daily",
                ).to_pylist()
                seen.append(row["high"])
                if len(set(row.values())) != 1:
                    mixed.append(row)
        except BaseException as error:  # handed to the test itself
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for generation in range(1, 9):
        home.build(generation)
        home.publish()
        newest = time.monotonic() + 5
        while generation not in seen[-1:] and time.monotonic() < newest and not failures:
            time.sleep(0.005)
    done.set()
    reader.join(timeout=20)
    assert failures == []
    assert mixed == []
    assert seen == sorted(seen)
    assert set(seen) >= set(range(1, 9))


def test_a_reader_that_keeps_an_old_file_open_is_not_disturbed(home: Home) -> None:
    home.publish()
    old = duckdb.connect(str(home.link.resolve()), read_only=True)
    for generation in range(1, 5):
        home.build(generation)
        home.publish()
    row = old.execute("select max(close_usd) from prices_daily").fetchone()
    old.close()
    assert row == (0.0,)
    assert not os.path.lexists(home.link.with_name(".serving.duckdb.unfinished"))
