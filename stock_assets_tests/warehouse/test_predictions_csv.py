from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from stock_assets.errors import BuildError, StorageUnavailable
from stock_assets.warehouse import publish, write_predictions_csv
from stock_assets_tests.warehouse.built import build_warehouse


@pytest.fixture
def link(tmp_path: Path) -> Path:
    warehouse = tmp_path / "warehouse.duckdb"
    build_warehouse(warehouse, sessions=3, symbol="=1+2")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into monitoring.predictions by name select * replace "
            "('BRK.B' as symbol, 0.75 as probability_up, 'up' as direction) "
            "from monitoring.predictions"
        )
    publish(warehouse, tmp_path / "serving.duckdb", environment="sandbox", manifest_hash="x")
    return tmp_path / "serving.duckdb"


def test_the_newest_session_is_written_likeliest_risers_first(link: Path, tmp_path: Path) -> None:
    assert write_predictions_csv(link, tmp_path / "predictions.csv") == 2
    with (tmp_path / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["symbol"] for row in rows] == ["BRK.B", "'=1+2"]
    assert rows[0]["session"] == "2024-01-04"
    assert rows[0]["probability_up"] == "0.75"
    assert rows[0]["decided_at"] == "2024-01-03T06:30:00Z"


def test_a_symbol_that_a_spreadsheet_would_run_is_made_text(link: Path, tmp_path: Path) -> None:
    write_predictions_csv(link, tmp_path / "predictions.csv")
    text = (tmp_path / "predictions.csv").read_text(encoding="utf-8")
    assert "\n=1+2" not in text
    assert "'=1+2" in text


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(
    link: Path, tmp_path: Path
) -> None:
    path = tmp_path / "predictions.csv"
    write_predictions_csv(link, path)
    first = path.read_bytes()
    write_predictions_csv(link, path)
    assert path.read_bytes() == first
    assert not list(tmp_path.glob("*.unfinished"))


def test_nothing_published_and_nowhere_to_write_are_clear_errors(
    link: Path, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="nothing has been published"):
        write_predictions_csv(tmp_path / "none.duckdb", tmp_path / "predictions.csv")
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        write_predictions_csv(link, tmp_path / "no such directory" / "predictions.csv")
