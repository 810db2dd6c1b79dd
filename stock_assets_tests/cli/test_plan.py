"""``stock-assets plan``: what is left to ask, held against the budgets; nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stock_assets.cli import commands
from stock_assets.errors import BadRange, InputError, StockAssetsError
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.suppliers import open_supply
from stock_assets_tests.twin_home import ALL_KEYS, LAST, World, world


def run(here: World, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(here.home)
    settings = here.settings(**ALL_KEYS, finnhub_requests_per_minute=3)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(commands, ["plan", *arguments])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_the_plan_counts_requests_and_minutes_and_asks_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = ("--from", str(LAST - timedelta(days=10)), "--to", str(LAST - timedelta(days=4)))
    said = run(here, monkeypatch, "raw/finnhub_news", *span)
    assert said.exit_code == 0
    assert "6 requests at 3 a minute: 1 minute" in said.output
    assert here.twin.requests() == []


def test_what_is_stored_already_is_not_planned_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = here.settings(**ALL_KEYS)
    days = [LAST - timedelta(days=n) for n in range(4, 11)]
    supply = open_supply(BY_KEY["raw/finnhub_news"], settings, here.lake())
    supply.feed.fetch(supply.subjects[:4], days)
    span = ("--from", str(days[-1]), "--to", str(days[0]))
    assert "2 requests" in run(here, monkeypatch, "raw/finnhub_news", *span).output
    supply.feed.fetch(supply.subjects, days)
    assert "Nothing to ask for." in run(here, monkeypatch, "raw/finnhub_news", *span).output


def test_a_backfill_of_bars_is_planned_with_the_history_that_a_first_run_brings(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = ("--from", str(LAST - timedelta(days=10)), "--to", str(LAST))
    said = run(here, monkeypatch, "raw/yahoo_prices", "raw/polygon_prices", *span)
    assert said.output.count("6 requests") == 2
    assert here.twin.requests() == []


@pytest.mark.parametrize("vendor", ["yahoo", "polygon"])
def test_what_is_planned_of_bars_is_what_is_asked(here: World, vendor: str) -> None:
    """A year by symbol; then, where a vendor serves days, one day in one request."""
    symbols, feed = ("AAPL", "MSFT", "NKE"), here.feed(vendor)
    sessions = [s.day for s in feed.calendar.between(LAST - timedelta(days=365), LAST)]
    for days, expected in ((sessions[:-1], 3), (sessions, 1 if vendor == "polygon" else 3)):
        assert len(feed.requests(symbols, days)) == expected
        here.forget()
        feed.fetch(symbols, days)
        assert len(here.asked(vendor)) == expected
    assert not feed.requests(symbols, sessions)


def test_without_feeds_all_of_them_are_planned(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(here, monkeypatch, "--from", str(LAST), "--to", str(LAST))
    for name in (
        "raw/yahoo_prices",
        "raw/fred_macro",
        "raw/treasury_policy",
        "raw/newsapi_news",
        "raw/yahoo_fx",
    ):
        assert name in said.output


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("raw/nobody", "--from", "2025-01-01", "--to", "2025-01-02"), InputError),
        (("raw/listings", "--from", "2025-01-01", "--to", "2025-01-02"), InputError),
        (("--from", "2025-01-02", "--to", "2025-01-01"), BadRange),
    ],
)
def test_what_cannot_be_planned_is_a_clear_error(
    here: World,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    error: type[StockAssetsError],
) -> None:
    said = run(here, monkeypatch, *arguments)
    assert isinstance(said.exception, error)
