"""Every answer that a real vendor gave, through our own clients: a table says what comes of it.

``answers/recorded.csv`` has a line for each recorded answer: ``rows`` with their number by table
and the number of rejected rows, or the class of the error with words of it, or ``not ours``: no
question of ours is answered so, and no client of that vendor takes it for what it asks for. A
recorded answer without a line is held to what holds for all of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

from stock_assets import errors
from stock_assets.errors import StockAssetsError
from stock_assets_tests.vendors.conftest import Workshop
from stock_assets_tests.vendors.outcomes import is_ours, outcomes, told
from stock_assets_tests.vendors.recordings import ABSENT, names, recording
from stock_assets_tests.vendors.replay import Bench

pytestmark = pytest.mark.realdata

ANSWERS = Path(__file__).parents[1] / "answers" / "recorded.csv"
NOT_OURS = "not ours"
TOLD = ("outcome", "rows", "rejected")

each_answer = pytest.mark.parametrize("file", names())


@cache
def table() -> dict[str, dict[str, str]]:
    with ANSWERS.open(newline="", encoding="utf-8") as lines:
        return {line["file"]: line for line in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@each_answer
def test_a_recorded_answer_is_what_the_table_says(
    shared_data: Path,
    workshop: Workshop,
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    file: str,
) -> None:
    said, line = recording(file), table().get(file)
    bench = Bench(workshop, tmp_path / "private", connection, said, said.body)
    for asked, found in outcomes(bench):
        if line is None:
            continue
        if line["outcome"] == NOT_OURS:
            assert isinstance(found, StockAssetsError), asked
        else:
            assert told(found) == {name: line[name] for name in TOLD}
            assert line["says"] in str(found)
    assert line is None or is_ours(said) == (line["outcome"] != NOT_OURS)


@each_answer
def test_half_of_a_recorded_answer_is_never_rows(
    shared_data: Path,
    workshop: Workshop,
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    file: str,
) -> None:
    said = recording(file)
    half = said.body[: len(said.body) // 2]
    asked, found = next(outcomes(Bench(workshop, tmp_path / "private", connection, said, half)))
    assert isinstance(found, StockAssetsError), asked


def test_the_table_has_no_line_of_an_answer_that_is_gone(shared_data: Path) -> None:
    assert sorted(set(table()) - set(names())) == []


def test_each_line_of_the_table_says_what_it_can() -> None:
    for file, line in table().items():
        kind = getattr(errors, line["outcome"], None)
        assert line["why"], file
        assert bool(line["rejected"]) == (line["outcome"] == "rows"), file
        assert line["outcome"] == "rows" or not line["rows"], file
        assert bool(line["says"]) == (kind is not None), file
        assert kind is not None or line["outcome"] in {"rows", NOT_OURS}, file


def test_the_table_knows_all_answers(shared_data: Path) -> None:
    """New ones are replayed all the same; this says that nobody has looked at them yet."""
    new = sorted(set(names()) - set(table()) - {ABSENT})
    if new:
        pytest.skip(f"{len(new)} recorded answers have no line in {ANSWERS.name}: {', '.join(new)}")
