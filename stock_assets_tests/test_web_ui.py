"""Dagster's web UI as its users see it: the real servers, the real daemon, a real browser.

One home for all: a twin of the vendors that serves a file of bars, one session of which is bad.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stock_assets.cli.remembered import RememberedTwin
from stock_assets.market import calendar
from stock_assets_tests.up_runs import running_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

SYMBOLS: Final = ("AAPL", "AMZN", "GOOGL", "MSFT")
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 28)
ONE_SESSION: Final = "2024-03-14"
RANGE_OF_EIGHT: Final = "[2024-03-04...2024-03-13]"
BAD_SESSION: Final = date(2024, 3, 20)
"""On it one bar of four has its high below its low: fewer than 95 % of the bars can be stored."""

GROUPS: Final = {
    "raw": ("sessions", "yahoo_prices", "polygon_prices", "corporate_actions", "yahoo_fx"),
    "news": ("finnhub_news", "newsapi_news", "polygon_news", "news_sentiment"),
    "context": ("fred_macro", "fed_policy", "treasury_policy", "index_membership"),
    "operations": ("api_usage", "compaction", "retention"),
    "staging": (),
    "intermediate": (),
    "features": (),
    "labels": (),
    "marts": ("prices_daily", "training_set", "prediction_inputs"),
    "models": ("candidates", "evaluation", "champion"),
    "predictions": (),
    "monitoring": (),
    "published": (),
}
"""Every group, and of some of them what they show when they are opened."""

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SOON_MS: Final = 60_000
RUN_MS: Final = 240_000


def write_bars(path: Path, rng: np.random.Generator) -> list[date]:
    """A market of four symbols as a CSV file; the sessions in it."""
    days = [session.day for session in calendar().between(FIRST, LAST)]
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(("symbol", "date", "open", "high", "low", "close", "volume"))
        for symbol in SYMBOLS:
            close = 150.0
            for day in days:
                opened, close = close, round(close * float(np.exp(rng.normal(0.0, 0.015))), 2)
                high = round(max(opened, close) * 1.005, 2)
                low = round(min(opened, close) * 0.995, 2)
                if (symbol, day) == ("MSFT", BAD_SESSION):
                    high, low = low, high
                volume = int(rng.integers(5_000_000, 50_000_000))
                writer.writerow((symbol, day, opened, high, low, close, volume))
    return days


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web UI of a home that a demo on that file would have left behind, before any run."""
    here = tmp_path_factory.mktemp("web_ui")
    days = write_bars(here / "bars.csv", np.random.default_rng(20240102))
    home = here / "home"
    twin = RememberedTwin.of(["--recorded", str(here / "bars.csv")], SYMBOLS, days)
    twin.save(home / "twin.json")
    with running_up(home) as up:
        yield up.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no browser here: Debian's package chromium is not installed")
    expect.set_options(timeout=SOON_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield launched
        launched.close()


@dataclass(frozen=True)
class Launched:
    """The ids of what was launched from the UI, as it names them."""

    backfill: str
    one_session: str
    bad_session: str


@pytest.fixture(scope="module")
def launched(browser: Browser, url: str) -> Launched:
    """Three people launch something at once; the queue and the daemon see to it."""
    page = window(browser, url)
    page.goto("/assets/raw/yahoo_prices", wait_until="domcontentloaded")
    page.get_by_role("button", name="Materialize").first.click()
    backfill = launch(page, RANGE_OF_EIGHT, "Created backfill")
    page.goto("/assets/raw/yahoo_prices", wait_until="domcontentloaded")
    page.get_by_role("button", name="Materialize").first.click()
    one_session = launch(page, ONE_SESSION, "Launched run")
    page.goto("/locations/stock_assets/jobs/daily", wait_until="domcontentloaded")
    page.get_by_role("button", name="Materialize").first.click()
    # No model has been trained in this home, and the UI warns about that.
    page.get_by_role("button", name="Confirm").click()
    bad_session = launch(page, BAD_SESSION.isoformat(), "Launched run")
    page.close()
    return Launched(backfill, one_session, bad_session)


@pytest.fixture
def page(
    browser: Browser, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A window that may ask nobody but our server; what it showed last is kept as a picture."""
    opened = window(browser, url)
    asked: set[str] = set()
    opened.on("request", lambda sent: asked.add(urlsplit(sent.url).netloc))
    yield opened
    picture(opened, tmp_path, "last")
    opened.close()
    assert asked - {""} == {urlsplit(url).netloc}, request.node.name


def window(browser: Browser, url: str) -> Page:
    opened = browser.new_page(base_url=url, viewport={"width": 1600, "height": 1000})
    opened.set_default_timeout(SOON_MS)
    return opened


def picture(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png")


def launch(page: Page, keys: str, says: str) -> str:
    """Choose partitions in the dialog, launch, and return the id that the UI names."""
    dialog = page.get_by_role("dialog").filter(has_text="Partition selection")
    # The dialog offers the last 90 days at first.
    dialog.get_by_text("Show all partitions").click()
    wanted = dialog.get_by_role("textbox").first
    wanted.fill(keys)
    wanted.press("Enter")
    dialog.get_by_role("button", name=re.compile("^Launch")).click()
    toast = page.get_by_text(re.compile(rf"{says} \w{{8}}"))
    toast.wait_for()
    return str(toast.first.inner_text()).split(says)[1].split()[0]


def open_run(page: Page, run: str) -> None:
    page.goto("/runs", wait_until="domcontentloaded")
    page.get_by_role("link", name=run).click()
    page.wait_for_url(f"**/runs/{run}*")


def test_nothing_stands_between_a_visitor_and_the_graph_with_its_groups(
    page: Page, tmp_path: Path
) -> None:
    page.goto("/asset-groups", wait_until="domcontentloaded")
    for group in GROUPS:
        page.get_by_text(group, exact=True).first.wait_for()
    assert page.get_by_role("dialog").count() == 0
    picture(page, tmp_path, "groups")


def test_a_group_opens_into_its_assets(page: Page, tmp_path: Path) -> None:
    for group, assets in GROUPS.items():
        if assets:
            page.goto(f"/locations/stock_assets/asset-groups/{group}/list", wait_until="commit")
            for asset in assets:
                expect(page.locator("body")).to_contain_text(asset, timeout=SOON_MS)
            picture(page, tmp_path, group)


def test_one_session_is_materialised_and_its_page_shows_what_came(
    page: Page, launched: Launched, tmp_path: Path
) -> None:
    open_run(page, launched.one_session)
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=RUN_MS)
    picture(page, tmp_path, "run")
    page.goto(f"/assets/raw/yahoo_prices?view=partitions&partition={ONE_SESSION}")
    page.get_by_text("volume_shares").wait_for()
    words = page.locator("body")
    for expected in (*SYMBOLS, "bars expected", "rows new", "rows put aside"):
        expect(words).to_contain_text(expected)
    picture(page, tmp_path, "partition")
    page.get_by_text("[Show Markdown]").click()
    # The first run of a feed brings its history, a later one the session alone.
    title = re.compile(f"AAPL, close in USD as traded|Most traded on {ONE_SESSION}")
    drawn = page.get_by_role("dialog").get_by_role("img", name=title)
    drawn.wait_for()
    assert drawn.evaluate("image => image.naturalWidth") > 300
    picture(page, tmp_path, "picture")


def test_a_failed_blocking_check_stops_everything_after_it(
    page: Page, launched: Launched, tmp_path: Path
) -> None:
    open_run(page, launched.bad_session)
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible(timeout=RUN_MS)
    words = page.locator("body")
    expect(words).to_contain_text("Dependencies for step warehouse failed")
    expect(words).to_contain_text("Dependencies for step published were not executed")
    picture(page, tmp_path, "run")
    page.goto("/assets/staging/stg_yahoo__prices", wait_until="domcontentloaded")
    not_made = re.compile(rf"Failed in\s*{launched.bad_session}")
    expect(words).to_contain_text(not_made)
    picture(page, tmp_path, "downstream")
    page.goto("/assets/published", wait_until="domcontentloaded")
    expect(words).to_contain_text(not_made)
    page.goto("/assets/raw/yahoo_prices?view=checks&checkDetail=enough")
    page.get_by_text("This is a blocking asset check.").wait_for()
    page.get_by_text("all vendors together have").first.wait_for()
    picture(page, tmp_path, "check")
    page.goto("/assets/raw/polygon_prices?view=checks&checkDetail=complete")
    page.get_by_text(f"1 missing (1 quarantined): MSFT {BAD_SESSION}").wait_for()


def test_a_range_of_sessions_is_backfilled_in_one_run(
    page: Page, launched: Launched, tmp_path: Path
) -> None:
    page.goto(f"/runs/b/{launched.backfill}", wait_until="domcontentloaded")
    expect(page.get_by_text("100% completed")).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("Succeeded", exact=True).first).to_be_visible(timeout=RUN_MS)
    picture(page, tmp_path, "backfill")
    page.goto(f"/runs/b/{launched.backfill}?tab=runs", wait_until="domcontentloaded")
    expect(page.get_by_text("Success", exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name="View", exact=True)).to_have_count(1)
    picture(page, tmp_path, "runs")
    page.goto("/assets/raw/yahoo_prices", wait_until="domcontentloaded")
    page.get_by_text("AAPL, close in USD as traded").wait_for()


def test_every_rhythm_and_every_watch_is_listed_with_what_it_does(
    page: Page, launched: Launched, tmp_path: Path
) -> None:
    page.goto("/automation", wait_until="domcontentloaded")
    for name in (
        "daily_at_decision_time",
        "hourly",
        "movements_after_the_close",
        "macro_daily",
        "policy_weekly",
        "housekeeping_weekly",
        "on_fed_announcement",
        "on_restatement",
        "alert_on_run_failure",
        "alert_on_failed_checks",
    ):
        page.get_by_text(name, exact=True).first.wait_for()
    picture(page, tmp_path, "automation")
    page.goto("/assets/raw/fred_macro", wait_until="domcontentloaded")
    page.get_by_text("The US economy with every vintage, from fred.").first.wait_for()
    picture(page, tmp_path, "feed")
