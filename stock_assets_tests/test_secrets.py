"""Keys stay secret: every feed is run with canaries for keys, and nothing that is left tells one.

The twin's door takes the canaries for its own key and, in all scenarios but the first, has the
vendor repeat the key that it was shown, in every form that it can think of.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import os
import pickle
import shutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import dagster as dg
import orjson
import pytest
import zstandard
from pydantic import ValidationError

from stock_assets.assets import failures
from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.definitions import build_definitions
from stock_assets.errors import ConfigError, StockAssetsError
from stock_assets.ingest.feeds import FEEDS, Feed
from stock_assets.ingest.reopening import Wanted, gaps_like, reopen
from stock_assets.lake import PayloadStore
from stock_assets.resources import open_lake
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.twin import Respond
from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer
from stock_assets.sandbox.yahoo import COOKIE, CRUMB
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT, open_supply
from stock_assets_tests.canaries import disguises, traces, traces_under
from stock_assets_tests.twin_home import NOW, market

CANARIES: Final = {
    "polygon": "Kanarie/pg+81=z~Wq5TnB",
    "alphavantage": "KANARIE&av/27=y+Xr6SmC",
    "finnhub": "kanarie/fh+36=x~Ys7RlD",
    "newsapi": "kanarie/na+45=w~Zt8QkE",
    "fred": "kanariefred54v0au9pjf00000000000",
}
"""Keys by vendor; all but FRED's, whose form is fixed, look different when they are encoded."""
KEYS: Final = {name for feed in FEEDS for name in feed.needs}
KEYED: Final = tuple(feed for feed in FEEDS if feed.needs)

SECRETS: Final = CANARIES | {"Yahoo's crumb": CRUMB, "Yahoo's cookie": COOKIE}

Reply = Callable[[Ask, Answer, str], Answer]
"""What a vendor says instead of its answer to who has shown it this key."""


def words(key: str) -> str:
    """A sentence that tells the key in several forms."""
    packed = base64.b64encode(f"user:{key}".encode()).decode()
    return (
        f"We have detected your API key as {key}, see https://example.org/{quote(key)}?apikey="
        f"{quote_plus(key)}&x={quote(key, safe='')} or Basic {packed}"
    )


def refusing(status: int) -> Reply:
    """A refusal that repeats the key."""

    def reply(_ask: Ask, _answer: Answer, key: str) -> Answer:
        said = words(key)
        told = {"status": "ERROR", "code": "refused", "error": said, "message": said}
        return json_answer(told | {"error_message": said, "Information": said}, status)

    return reply


def told_back(_ask: Ask, answer: Answer, key: str) -> Answer:
    """The vendor's rows, with the key in each text of several words."""

    def spoilt(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spoilt(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [spoilt(inner) for inner in value]
        return f"{value} {words(key)}" if isinstance(value, str) and " " in value else value

    return replace(answer, body=orjson.dumps(spoilt(orjson.loads(answer.body))))


RUNS: Final[dict[str, Reply | None]] = {
    "refused with 401": refusing(401),
    "refused with 403": refusing(403),
    "refused with 429": refusing(429),
    "broken with 500": refusing(500),
    "refused with 200": refusing(200),
    "reset in mid-body": refusing(200),
    "served": None,
}
"""What the vendors say to runs of the graph. What is served is not asked for again: it is last."""
QUESTIONS: Final[dict[str, Reply | None]] = {
    "told in a text that is cut": lambda _, __, key: text_answer("x" * 290 + words(key), 400),
    "told in a page": lambda _, __, key: text_answer(f"<html>{words(key)}</html>", 200),
    "told in UTF-16": lambda _, __, key: Answer(400, words(key).encode("utf-16-le"), "text/plain"),
    "told in a broken stream": refusing(200),
    "sent round and round": None,
    "told back in rows": told_back,
}
"""What they say to single questions besides."""
FAULTS: Final[dict[str, dict[str, object]]] = {
    "sent round and round": {"kind": "redirect"},
    "told in a broken stream": {"kind": "gzip_corrupt"},
    "reset in mid-body": {"kind": "reset", "after_bytes": 120},
}
SERVING: Final = ("served", "told back in rows")
DAY: Final = "2025-07-30"
"""What was refused is asked for again: one day serves all runs."""
BEFORE: Final = date(2025, 6, 2)
"""Single questions are about days from here on, one per scenario, that no run is about."""


@dataclass
class Gate:
    """The twin's door: takes canaries for the twin's keys, and lets vendors repeat them."""

    reply: Reply | None = None
    shown: set[str] = field(default_factory=set)

    async def __call__(self, ask: Ask, respond: Respond) -> Answer:
        """The answer, or what the vendor says in its place."""
        canary = CANARIES.get(ask.vendor)
        if canary is None:
            return respond(ask)
        told = [*ask.query.values(), *(v.removeprefix("Bearer ") for v in ask.headers.values())]
        assert canary in told, "a keyed vendor was asked without its key"
        self.shown.add(ask.vendor)
        own = FRED_UNLIMITED_KEY if ask.vendor == "fred" else UNLIMITED_KEY
        known = replace(
            ask,
            query={k: v.replace(canary, own) for k, v in ask.query.items()},
            headers={k: v.replace(canary, own) for k, v in ask.headers.items()},
        )
        answer = respond(known)
        return self.reply(ask, answer, canary) if self.reply else answer


@dataclass
class Remains:
    """What the runs have left: the home, what was printed and logged, errors and events."""

    home: Path
    settings: Settings
    printed: str = ""
    logged: str = ""
    events: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[StockAssetsError]] = field(default_factory=dict)
    succeeded: dict[str, dict[str, bool]] = field(default_factory=dict)
    gave_up: dict[str, set[str]] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)


def settings_of(home: Path, url: str) -> Settings:
    """All keys are canaries, no budget holds anybody up, nothing is tried again."""
    return read_settings(
        home=home,
        environment="sandbox",
        sandbox_url=url,
        now=NOW,
        symbols=("AAPL", "MSFT"),
        vendor_priority=("polygon", "yahoo", "alpha_vantage"),
        backfill_years=0.1,
        request_attempts=1,
        polygon_api_key=CANARIES["polygon"],
        alpha_vantage_api_key=CANARIES["alphavantage"],
        finnhub_api_key=CANARIES["finnhub"],
        newsapi_api_key=CANARIES["newsapi"],
        fred_api_key=CANARIES["fred"],
        alpha_vantage_requests_per_day=10**6,
        newsapi_requests_per_day=10**6,
        **{
            f"{name}_requests_per_minute": 1e6
            for name in ("polygon", "yahoo", "alpha_vantage", "finnhub", "fred", "open")
        },
    )


@contextlib.contextmanager
def overheard(remains: Remains) -> Iterator[None]:
    """Keep what is printed, by Python or below it, and logged by anybody at any level."""
    heard, below = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root = logging.getLogger()
    level, kept = root.level, [os.dup(1), os.dup(2)]
    raw = remains.home.parent / "printed"
    with raw.open("wb") as stream:
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        try:
            with contextlib.redirect_stdout(below), contextlib.redirect_stderr(below):
                yield
        finally:
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)
            root.removeHandler(handler)
            root.setLevel(level)
    remains.printed = below.getvalue() + raw.read_bytes().decode(errors="replace")
    remains.logged = heard.getvalue()


def run_graph(
    definitions: dg.Definitions, instance: dg.DagsterInstance, feeds: Sequence[Feed]
) -> list[dg.ExecuteInProcessResult]:
    """Materialise these feeds for one day, those of one kind of partition in one run."""
    job = definitions.resolve_implicit_global_asset_job_def()
    return [
        job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(f.key.split("/")) for f in feeds if f.slices == slices],
            partition_key=partition,
            raise_on_error=False,
        )
        for slices, partition in (
            ("session", DAY),
            ("day", DAY),
            ("month", DAY[:7]),
            ("none", None),
        )
    ]


def told_by(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Everything that the events of a run say, errors with their causes included."""
    for event in result.all_events:
        yield f"{event} {event.message}"
        if event.event_type_value in {"STEP_FAILURE", "STEP_UP_FOR_RETRY"}:
            error = event.event_specific_data.error  # type: ignore[union-attr]
            yield error.to_string() if error else ""
    for made in result.get_asset_materialization_events():
        yield repr({n: v.value for n, v in made.materialization.metadata.items()})
    for check in result.get_asset_check_evaluations():
        yield f"{check.description} { {n: v.value for n, v in check.metadata.items()} }"


def ask_again(settings: Settings) -> None:
    """A plan that has nothing is believed until somebody knows better: here the next scenario."""
    lake = open_lake(settings)
    reopen(lake, gaps_like(lake, Wanted(causes=("not_on_plan",))), NOW)


def errors_of(settings: Settings, day: date) -> Iterator[StockAssetsError]:
    """Of each keyed feed that fails: what its fetch raises, and what its client does."""
    lake = open_lake(settings)
    for feed in BY_SUBJECT:
        if feed.needs:
            supply = open_supply(feed, settings, lake)
            subject = supply.subjects[0]
            for ask in (
                partial(supply.feed.fetch, [subject], [day]),
                partial(supply.feed.ask, subject, day, day),
            ):
                try:
                    ask()
                except StockAssetsError as error:
                    yield error


@pytest.fixture(scope="module")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    """Every scenario, one after another, in one home."""
    home = tmp_path_factory.mktemp("secret") / "home"
    home.mkdir()
    gate = Gate()
    with (
        pytest.MonkeyPatch.context() as patch,
        running_twin(market(), TwinClock(NOW), door=gate) as twin,
    ):
        # A run would wait and try the same again.
        patch.setattr(failures, "MAX_RETRIES", 0)
        left = Remains(home, settings_of(home, twin.url))
        dagster_home = str(prepare_dagster_home(left.settings))
        with overheard(left), dg.DagsterInstance.from_config(dagster_home) as instance:
            definitions = build_definitions(left.settings)
            for name, reply in RUNS.items():
                prepare(twin, gate, name, reply)
                feeds = KEYED if reply else FEEDS
                results = run_graph(definitions, instance, feeds)
                left.succeeded[name] = successes(results)
                left.gave_up[name] = gave_up(results)
                left.events[name] = [text for one in results for text in told_by(one)]
                left.shown[name] = set(gate.shown)
                ask_again(left.settings)
                # A refusal may have closed a budget; what it wrote is looked into all the same.
                shutil.move(home / "locks", home / f"locks after {name}")
            for number, (name, reply) in enumerate((RUNS | QUESTIONS).items()):
                prepare(twin, gate, name, reply)
                left.errors[name] = list(errors_of(left.settings, BEFORE + timedelta(days=number)))
                ask_again(left.settings)
                shutil.move(home / "locks", home / f"more locks after {name}")
        yield left


def prepare(twin: RunningTwin, gate: Gate, name: str, reply: Reply | None) -> None:
    """Have the vendors with keys say this, and tell it as the scenario's fault does."""
    gate.reply, gate.shown = reply, set()
    rules = [{"match": {"vendor": v}, "action": FAULTS[name]} for v in CANARIES if name in FAULTS]
    twin.faults.set(rules)


def successes(results: list[dg.ExecuteInProcessResult]) -> dict[str, bool]:
    """Whether each step that was tried came to a good end."""
    return {
        str(event.step_key): event.event_type_value == "STEP_SUCCESS"
        for result in results
        for event in result.all_events
        if event.event_type_value in {"STEP_SUCCESS", "STEP_FAILURE"}
    }


def gave_up(results: list[dg.ExecuteInProcessResult]) -> set[str]:
    """The steps that went on without their vendor, and said so."""
    return {
        str(event.step_key)
        for result in results
        for event in result.get_asset_materialization_events()
        if "gave up" in event.materialization.metadata
    }


def step(feed: Feed) -> str:
    """The name of a feed's step."""
    return feed.key.replace("/", "__")


each_run = pytest.mark.parametrize("name", RUNS)
each_scenario = pytest.mark.parametrize("name", RUNS | QUESTIONS)


@each_run
def test_every_vendor_was_shown_its_key_in_every_run(remains: Remains, name: str) -> None:
    assert remains.shown[name] == set(CANARIES)


def test_every_feed_was_collected_when_it_was_served(remains: Remains) -> None:
    assert {feed.key for feed in FEEDS if not remains.succeeded["served"][step(feed)]} == set()


@each_run
def test_every_keyed_feed_failed_or_gave_up_when_its_vendor_refused(
    remains: Remains, name: str
) -> None:
    if name == "served":
        assert remains.gave_up[name] == set()
        return
    failed = {key for key, is_good in remains.succeeded[name].items() if not is_good}
    assert {step(feed) for feed in KEYED} <= failed | remains.gave_up[name]


def test_no_file_under_the_home_tells_a_key(remains: Remains) -> None:
    files = [path for path in remains.home.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".zst", ".parquet", ".json", ".sqlite", ".db"}
    assert traces_under(remains.home, SECRETS) == []


def test_kept_answers_say_that_something_was_cut_out(remains: Remains) -> None:
    store = PayloadStore(remains.settings.payload_root)
    bodies = [store.get(path.stem) for path in (remains.home / "payloads").rglob("*.zst")]
    assert sum(b"We have detected your API key as REDACTED" in body for body in bodies) > 5


def test_nothing_printed_or_logged_tells_a_key(remains: Remains) -> None:
    assert "raw__polygon_prices" in remains.printed
    assert remains.logged
    assert traces("printed", remains.printed.encode(), SECRETS) == []
    assert traces("logged", remains.logged.encode(), SECRETS) == []


@each_run
def test_no_event_tells_a_key(remains: Remains, name: str) -> None:
    told = "\n".join(remains.events[name])
    assert "STEP_START" in told
    assert traces(name, told.encode(), SECRETS) == []


@each_scenario
def test_no_error_tells_a_key(remains: Remains, name: str) -> None:
    if name not in SERVING:
        assert len(remains.errors[name]) == 2 * sum(feed in KEYED for feed in BY_SUBJECT)
    for error in remains.errors[name]:
        told = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
        assert traces(name, "\n".join(told).encode(), SECRETS) == []
        assert traces("pickled", pickle.dumps(error), SECRETS) == []


@each_scenario
def test_no_error_behind_an_error_tells_a_key(remains: Remains, name: str) -> None:
    for error in remains.errors[name]:
        behind: BaseException | None = error
        while behind is not None:
            assert traces(name, f"{behind} {behind!r}".encode(), SECRETS) == []
            behind = behind.__cause__ or behind.__context__


def test_settings_tell_no_key_however_they_are_shown(remains: Remains) -> None:
    settings = remains.settings
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        json.dumps(settings.model_dump(mode="json")),
        repr(settings.model_dump()),
        repr(vars(settings)),
    ]
    assert traces("settings", "\n".join(shown).encode(), SECRETS) == []


@pytest.mark.parametrize("field", sorted(KEYS))
@pytest.mark.parametrize("told", ["", "  ", "\n"])
def test_a_key_that_is_left_empty_is_none(field: str, told: str) -> None:
    assert getattr(read_settings(**{field: told}), field) is None


def test_blanks_around_a_key_are_cut_off() -> None:
    key = read_settings(polygon_api_key=" abc123\n").polygon_api_key
    assert key is not None
    assert key.get_secret_value() == "abc123"


@pytest.mark.parametrize("told", ["Kanarie\r\nX-Evil: 1", "Kanarie\x00", "Kanarie\u200b"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_settings(finnhub_api_key=told)
    assert "FINNHUB_API_KEY holds a character that no key has" in str(refused.value)
    assert "Kanarie" not in "".join(traceback.format_exception(refused.value))


def test_a_wrong_setting_does_not_repeat_what_was_given() -> None:
    given: dict[str, Any] = {"newsapi_api_key": ["Kanarie"]}
    with pytest.raises(ValidationError) as refused:
        Settings(**given)
    assert "Kanarie" not in f"{refused.value} {refused.value!r}"


def test_the_sweep_finds_a_key_in_each_place_where_one_could_be(tmp_path: Path) -> None:
    key = CANARIES["polygon"]
    for form, told in disguises(key).items():
        assert traces("text", b"before " + told + b" after", {"planted": key}), form
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "plain.log").write_text(f"GET /?apiKey={quote(key, safe='')}")
    store = PayloadStore(str(tmp_path / "payloads"))
    store.put(f'{{"key": "{key}"}}'.encode())
    plant_table(tmp_path / "rows.parquet", key)
    plant_database(tmp_path / "runs.db", key)
    found = "\n".join(traces_under(tmp_path, {"planted": key}))
    for place in (
        "deep/plain.log",
        ".zst (zstd)",
        "rows.parquet said",
        "runs.db event_logs (zstd)",
    ):
        assert place in found
    assert key not in found
    assert traces_under(tmp_path, {"another": "Kanarie-that-is-nowhere"}) == []


def plant_table(path: Path, key: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"said": [key] * 50}), path, compression="zstd")


def plant_database(path: Path, key: str) -> None:
    import sqlite3

    packed = zstandard.ZstdCompressor().compress(f"error: {key}".encode())
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("create table event_logs (event blob)")
        db.execute("insert into event_logs values (?)", (packed,))
