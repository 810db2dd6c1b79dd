"""``stock-assets quarantine``: what was put aside is found, explained and replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stock_assets.cli import commands
from stock_assets.errors import InputError, StockAssetsError, StorageUnavailable
from stock_assets.lake import Lake
from stock_assets.tables import PRICES, QUARANTINE, Rule
from stock_assets_tests.lake.bars import DAYS, SOURCE, bar, open_lake, rows


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose lake has one sound bar, one with a negative price and one with high < low."""
    lake = open_lake(tmp_path / "lake")
    broken = (bar("MSFT", close=-5.0), bar("NKE", DAYS[1], high_usd=1.0))
    lake.append(PRICES, rows(bar(), *broken), SOURCE)
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["quarantine", *arguments, "--home", str(home)])


def lake_of(home: Path) -> Lake:
    return open_lake(home / "lake")


def test_every_row_put_aside_is_listed_with_rule_and_reason(home: Path) -> None:
    said = run(home, "list")
    assert said.exit_code == 0
    for text in ("MSFT", "close_usd_in_bounds", "NKE", "high_usd_not_below_low_usd", "2024-01-03"):
        assert text in said.output
    assert f"{lake_of(home).count(QUARANTINE)} rows put aside" in said.output


def test_a_list_can_be_narrowed(home: Path) -> None:
    said = run(home, "list", "--rule", "close_usd_in_bounds", "--limit", "1")
    assert "NKE" not in said.output
    assert "1 rows put aside" in said.output
    assert "0 rows put aside" in run(home, "list", "--table", "news").output


def test_one_row_is_shown_with_its_request_and_its_kept_answer(home: Path) -> None:
    chosen = lake_of(home).read(QUARANTINE, where="rule = 'close_usd_in_bounds'").to_pylist()[0]
    said = json.loads(run(home, "show", chosen["quarantine_id"][:12]).output)
    assert said["row"]["symbol"] == "MSFT"
    assert said["row"]["close_usd"] == -5.0
    assert said["requests"] == list(SOURCE.requests)
    assert said["payloads"] == list(SOURCE.payloads)
    assert said["feed"] == "raw/yahoo_prices"


def test_replaying_what_still_breaks_a_rule_appends_nothing_and_loses_nothing(home: Path) -> None:
    before = lake_of(home).count(QUARANTINE)
    for _ in range(2):
        said = run(home, "replay")
        assert said.exit_code == 0
        assert "prices: 0 rows appended" in said.output
    assert lake_of(home).count(QUARANTINE) == before
    assert lake_of(home).count(PRICES) == 1


def test_a_row_that_passes_by_now_is_appended_once(home: Path) -> None:
    only_cheap = Rule("cheap", "close_usd < 50", "nothing costs more than 50 USD")
    strict = replace(PRICES, rules=(only_cheap,))
    lake_of(home).append(strict, rows(bar("KO", DAYS[2])), SOURCE)
    assert lake_of(home).count(PRICES, where="symbol = 'KO'") == 0
    assert "prices: 1 rows appended" in run(home, "replay", "--table", "prices").output
    assert "prices: 0 rows appended" in run(home, "replay").output
    assert lake_of(home).history(PRICES, where="symbol = 'KO'").num_rows == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("list", "--table", "prizes"), InputError),
        (("replay", "--table", "'; drop table x"), InputError),
        (("show", "zzzz"), InputError),
        (("show", ""), InputError),
    ],
)
def test_what_does_not_exist_is_a_clear_error(
    home: Path, arguments: tuple[str, ...], error: type[StockAssetsError]
) -> None:
    said = run(home, *arguments)
    assert isinstance(said.exception, error)
    assert said.exit_code != 0


def test_a_home_without_a_lake_is_said_to_be_empty_and_none_is_founded(tmp_path: Path) -> None:
    said = run(tmp_path / "nowhere", "list")
    assert isinstance(said.exception, StorageUnavailable)
    assert not (tmp_path / "nowhere").exists()
