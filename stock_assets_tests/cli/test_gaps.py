"""``stock-assets gaps``: what did not come is found, explained, and asked for again on demand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from stock_assets.cli import commands
from stock_assets.errors import BadRange, InputError, StockAssetsError, StorageUnavailable
from stock_assets.ingest.reopening import SETTLING
from stock_assets.lake import Lake, LoadSource
from stock_assets.sandbox.limits import FREE_KEY
from stock_assets.tables import GAPS, LOADS, PRICES
from stock_assets_tests.lake.bars import open_lake
from stock_assets_tests.lake.looks import fingerprint
from stock_assets_tests.twin_home import World, cut_short, sessions, world, yahoo_bar

YAHOO, POLYGON, NEWS = "raw/yahoo_prices", "raw/polygon_prices", "raw/finnhub_news"
SAID_AT = datetime(2024, 3, 1, 6, 30, tzinfo=UTC)
WORDS = "NKE: not found [feed=raw/finnhub_news]. Next: check it [/bold]."
GAPS_THERE = (
    (YAHOO, "AAPL", date(2024, 1, 2), "no_bar", None),
    (YAHOO, "AAPL", date(2024, 1, 3), "filled", None),
    (YAHOO, "MSFT", date(2024, 1, 3), "quarantined", None),
    (YAHOO, "MSFT", date(2024, 1, 4), "failed", "MSFT: reset. Next: again."),
    (POLYGON, "AAPL", date(2022, 1, 3), "not_on_plan", "AAPL: 403. Next: upgrade the plan."),
    (POLYGON, "AAPL", date(2022, 1, 4), "not_on_plan", "AAPL: 403. Next: upgrade the plan."),
    (POLYGON, "MSFT", date(2022, 1, 3), "not_on_plan", "AAPL: 403. Next: upgrade the plan."),
    (NEWS, "NKE", date(2024, 1, 6), "not_found", WORDS),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose lake has gaps of three feeds."""
    store(open_lake(tmp_path / "lake"), *GAPS_THERE)
    return tmp_path


def store(lake: Lake, *gaps: tuple[str, str, date, str, str | None]) -> None:
    rows = [
        {
            "feed": feed,
            "vendor": feed.removeprefix("raw/").partition("_")[0],
            "symbol": symbol,
            "session": day,
            "cause": cause,
            "detail": words,
            "known_at": SAID_AT,
        }
        for feed, symbol, day, cause, words in gaps
    ]
    table = pa.Table.from_pylist(rows, schema=GAPS.row_schema)
    lake.append(GAPS, table, LoadSource("raw/tests", "tests"))


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["gaps", *arguments, "--home", str(home)])


def causes(home: Path) -> dict[tuple[str, str, date], str]:
    return {
        (row["feed"], row["symbol"], row["session"]): row["cause"]
        for row in open_lake(home / "lake").read(GAPS).to_pylist()
    }


def test_every_gap_is_listed_with_its_cause_and_the_vendors_words(home: Path) -> None:
    said = run(home, "list")
    assert said.exit_code == 0
    for text in (YAHOO, "MSFT", "2024-01-04", "quarantined", "not_on_plan", "2024-03-01 06:30"):
        assert text in said.output
    assert "7 gaps: 1 failed, 1 no_bar, 1 not_found, 3 not_on_plan, 1 quarantined" in said.output
    assert "filled" not in said.output


def test_words_that_look_like_markup_are_shown_as_they_are(home: Path) -> None:
    said = " ".join(run(home, "list", "--symbol", "NKE").output.replace("│", " ").split())
    assert WORDS in said


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--feed", YAHOO), 3),
        (("--feed", YAHOO, "--feed", NEWS), 4),
        (("--symbol", "AAPL"), 3),
        (("--cause", "no_bar", "--cause", "failed"), 2),
        (("--cause", "filled"), 1),
        (("--from", "2024-01-03"), 3),
        (("--to", "2022-01-03"), 2),
        (("--from", "2022-01-04", "--to", "2024-01-02"), 2),
        (("--feed", POLYGON, "--symbol", "MSFT", "--cause", "failed"), 0),
        (("--symbol", "' or 1=1 --"), 0),
    ],
)
def test_a_list_can_be_narrowed(home: Path, options: tuple[str, ...], count: int) -> None:
    said = run(home, "list", *options)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1].startswith(f"{count} gaps")


def test_a_long_list_is_cut_and_says_so(home: Path) -> None:
    said = run(home, "list", "--feed", POLYGON, "--limit", "2")
    assert said.output.count("not_on_plan") == 2 + 1
    assert said.output.rstrip().endswith("3 gaps: 3 not_on_plan, 2 shown")


def test_reopening_is_dry_unless_it_is_told_otherwise(home: Path) -> None:
    before = fingerprint(home)
    said = run(home, "reopen", "--feed", POLYGON)
    assert said.exit_code == 0
    for text in ("would be reopened", "not_on_plan", "2022-01-03", "2022-01-04"):
        assert text in said.output
    assert "3 gaps would be reopened" in said.output
    assert "nothing was changed; --apply reopens them" in said.output
    assert fingerprint(home) == before


def test_a_reopened_gap_is_one_more_row_and_its_history_stays(home: Path) -> None:
    said = run(home, "reopen", "--feed", POLYGON, "--symbol", "AAPL", "--apply")
    assert "2 gaps reopened" in said.output
    assert "the next run over these days asks for them" in said.output
    lake = open_lake(home / "lake")
    where = f"feed = '{POLYGON}' and symbol = 'AAPL' and session = date '2022-01-03'"
    first, second = lake.history(GAPS, where=where).to_pylist()
    assert (first["cause"], second["cause"]) == ("not_on_plan", "reopened")
    assert second["detail"] == "was not_on_plan"
    assert second["known_at"] > first["known_at"]
    assert causes(home)[POLYGON, "MSFT", date(2022, 1, 3)] == "not_on_plan"
    (load,) = lake.read(LOADS, where="feed = 'reopen'").to_pylist()
    assert (load["target"], load["rows_appended"], load["first_session"]) == ("gaps", 2, None)


def test_a_second_time_changes_nothing(home: Path) -> None:
    run(home, "reopen", "--cause", "not_on_plan", "--apply")
    before = fingerprint(home)
    said = run(home, "reopen", "--cause", "not_on_plan", "--apply")
    assert "0 gaps reopened" in said.output
    assert fingerprint(home) == before


def test_what_is_asked_for_again_anyhow_is_left_alone(home: Path) -> None:
    said = run(home, "reopen", "--feed", YAHOO, "--apply")
    assert "2 gaps reopened" in said.output
    assert "left alone, because they are asked for again anyhow: 1" in said.output
    assert causes(home)[YAHOO, "MSFT", date(2024, 1, 4)] == "failed"
    assert causes(home)[YAHOO, "AAPL", date(2024, 1, 3)] == "filled"


@pytest.mark.parametrize("cause", SETTLING)
def test_every_cause_that_settles_a_gap_can_be_reopened(tmp_path: Path, cause: str) -> None:
    lake = open_lake(tmp_path / "lake")
    store(lake, (YAHOO, "AAPL", date(2024, 1, 2), cause, None))
    assert "1 gaps reopened" in run(tmp_path, "reopen", "--cause", cause, "--apply").output
    assert set(causes(tmp_path).values()) == {"reopened"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("reopen",), InputError),
        (("reopen", "--apply"), InputError),
        (("list", "--feed", "raw/yahoo"), InputError),
        (("reopen", "--feed", "'; drop table x"), InputError),
        (("list", "--from", "2024-01-03", "--to", "2024-01-02"), BadRange),
    ],
)
def test_what_cannot_be_asked_for_is_a_clear_error(
    home: Path, arguments: tuple[str, ...], error: type[StockAssetsError]
) -> None:
    before = fingerprint(home)
    said = run(home, *arguments)
    assert isinstance(said.exception, error)
    assert said.exit_code != 0
    assert fingerprint(home) == before


@pytest.mark.parametrize("cause", ["gossip", "failed", "filled", "reopened"])
def test_a_cause_that_does_not_settle_anything_cannot_be_reopened(home: Path, cause: str) -> None:
    assert run(home, "reopen", "--cause", cause).exit_code == 2


def test_a_home_without_a_lake_is_said_to_be_empty_and_none_is_founded(tmp_path: Path) -> None:
    for arguments in (("list",), ("reopen", "--cause", "no_bar", "--apply")):
        said = run(tmp_path / "nowhere", *arguments)
        assert isinstance(said.exception, StorageUnavailable)
    assert not (tmp_path / "nowhere").exists()


class TestTheNextRunAsksAgain:
    """The whole way, against the twin."""

    @pytest.fixture
    def here(self, tmp_path: Path) -> Iterator[World]:
        with world(tmp_path / "home") as made:
            yield made

    def reopen(self, here: World, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
        for name, value in here.settings().as_environment().items():
            monkeypatch.setenv(name, value)
        said = run(here.home, "reopen", *options, "--apply")
        assert said.exit_code == 0, said.output
        return said.output

    def test_for_bars_that_were_beyond_the_plan_after_it_was_upgraded(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        days = sessions(date(2023, 7, 20), date(2023, 8, 11))
        free: dict[str, Any] = {"polygon_api_key": FREE_KEY}
        beyond = here.feed("polygon", **free).fetch(("AAPL", "MSFT"), days).gaps["not_on_plan"]
        assert beyond > 0
        here.forget()
        upgraded = here.feed("polygon")
        assert upgraded.fetch(("AAPL", "MSFT"), days).requests == 0
        said = self.reopen(here, monkeypatch, "--feed", POLYGON, "--cause", "not_on_plan")
        assert f"{beyond} gaps reopened" in said
        assert upgraded.pending(("AAPL", "MSFT"), days)
        report = upgraded.fetch(("AAPL", "MSFT"), days)
        assert (report.rows_appended >= beyond, dict(report.gaps)) == (True, {})
        assert here.lake().count(PRICES) == 2 * len(days)
        assert set(here.lake().read(GAPS)["cause"].to_pylist()) == {"filled"}

    def test_whatever_days_that_run_is_about(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first run was about other days, and so is the next one."""
        early, old, late = (
            sessions(date(2023, month, 5), date(2023, month, 12)) for month in (6, 7, 9)
        )
        feed = here.feed("yahoo")
        feed.fetch(("AAPL",), late)
        here.door.faults["AAPL"] = yahoo_bar(old[2], high=1.0)
        feed.fetch(("AAPL",), old)
        here.door.faults.clear()
        assert feed.with_first_backfill(("AAPL",), early, 1.0) == early
        self.reopen(here, monkeypatch, "--cause", "quarantined")
        assert feed.with_first_backfill(("AAPL",), early, 1.0) == (*early, old[2])

    def test_for_an_old_bar_that_broke_a_rule_and_settles_it_again_if_it_still_does(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        days = sessions(date(2024, 3, 4), date(2024, 3, 28))
        here.door.faults["AAPL"] = yahoo_bar(days[5], high=1.0)
        feed = here.feed("yahoo")
        assert feed.fetch(("AAPL",), days).gaps == {"quarantined": 1}
        assert feed.fetch(("AAPL",), days).requests == 0
        self.reopen(here, monkeypatch, "--cause", "quarantined")
        assert feed.fetch(("AAPL",), days).gaps == {"quarantined": 1}
        assert feed.fetch(("AAPL",), days).requests == 0
        self.reopen(here, monkeypatch, "--cause", "quarantined")
        here.door.faults.clear()
        assert feed.fetch(("AAPL",), days).rows_appended == 1
        assert set(here.lake().read(GAPS)["cause"].to_pylist()) == {"filled"}

    def test_and_goes_on_asking_until_the_vendor_has_answered(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        days = sessions(date(2024, 3, 4), date(2024, 3, 28))
        here.door.faults["AAPL"] = yahoo_bar(days[5], high=1.0)
        feed = here.feed("yahoo")
        feed.fetch(("AAPL", "MSFT"), days)
        self.reopen(here, monkeypatch, "--cause", "quarantined")
        here.door.faults["AAPL"] = cut_short
        for _ in range(2):
            report = feed.fetch(("AAPL", "MSFT"), days)
            assert (report.requests, dict(report.gaps)) == (1, {"failed": 1})
