"""What must hold after every fault, whatever it was.

Belongs here: the assertions that tests of faults share, and the snapshot of a lake they compare.
Does not belong here: any particular fault.
"""

from __future__ import annotations

import base64
import hashlib
import pickle
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, quote_plus

import zstandard
from pydantic import SecretStr

from stock_assets.errors import StockAssetsError
from stock_assets.lake import Lake, PayloadStore
from stock_assets.settings import Settings
from stock_assets.tables import (
    API_USAGE,
    COVERAGE,
    GAPS,
    LOADS,
    PRICES,
    QUARANTINE,
    TABLES,
    Table,
)

Told = TypeVar("Told", bound=StockAssetsError)
Hashes = dict[str, str]
"""SHA-256 of a table's newest rows, by table."""
Rows = dict[str, Counter[tuple[Any, ...]]]
"""All stored rows of a lake with every column, by table."""

WHEN_WE_STORED: Final = ("ingested_at", "load_id")
BOOKS: Final = (LOADS, QUARANTINE, GAPS, API_USAGE)
"""How the data came: that differs between a run that saw a fault and one that did not."""
DATA: Final = tuple(table for table in TABLES.values() if table not in BOOKS)
OPEN_GAPS: Final = "open gaps"


def snapshot(
    lake: Lake, tables: Sequence[Table] = DATA, *, ignoring: Collection[str] = WHEN_WE_STORED
) -> Hashes:
    """The newest rows of each table as a hash, whatever their order, and the gaps that are open.

    Two lakes with the same snapshot hold the same data and miss the same things.
    """
    taken = {table.name: _hash([]) for table in tables}
    for table in _stored(lake, tables):
        # When a day was found to be covered is when we looked.
        left_out = {*ignoring, "known_at"} if table is COVERAGE else set(ignoring)
        names = [c.name for c in table.all_columns if c.name not in left_out]
        taken[table.name] = _hash(lake.read(table, columns=names).to_pylist())
    gaps = lake.read(GAPS, where="cause <> 'filled'", columns=(*GAPS.key, "cause"))
    return taken | {OPEN_GAPS: _hash(gaps.to_pylist())}


def everything(lake: Lake) -> Rows:
    """All that was ever stored, byte for byte."""
    return {
        table.name: Counter(
            tuple(repr(value) for value in row.values()) for row in lake.history(table).to_pylist()
        )
        for table in _stored(lake, tuple(TABLES.values()))
    }


def assert_nothing_lost(before: Rows, now: Lake | Rows) -> None:
    """Every row that :func:`everything` saw before is still there, unchanged."""
    after = everything(now) if isinstance(now, Lake) else now
    lost = {name: rows - after.get(name, Counter()) for name, rows in before.items()}
    assert not {name: rows for name, rows in lost.items() if rows}


def assert_healed(lake: Lake, calm: Hashes) -> None:
    """The same data as in a lake that never saw a fault, of which ``calm`` is the snapshot."""
    now = snapshot(lake)
    different = {name for name in calm if now[name] != calm[name]}
    assert not different


def assert_one_row_per_key(lake: Lake, *, restated: Collection[Table] = ()) -> None:
    """Every key of every table of data was stored once; of ``restated`` ones, each version once."""
    for table in _stored(lake, DATA):
        rows = lake.history(table).to_pylist()
        names = [*table.key, *(table.values if table in restated else ())]
        counts = Counter(tuple(str(row[name]) for name in names) for row in rows)
        doubled = {key: count for key, count in counts.items() if count > 1}
        assert not doubled, f"{table.name} {doubled}"


def assert_no_silent_gap(
    lake: Lake, feed: str, subjects: Sequence[str], days: Iterable[date]
) -> None:
    """Each subject on each day is stored (or covered), put aside, or an open gap with its cause."""
    wanted = {(subject, day) for subject in subjects for day in days}
    gaps = lake.read(GAPS, where=f"feed = '{feed}' and cause <> 'filled'").to_pylist()
    known = {(row["symbol"], row["session"]) for row in gaps}
    if feed.endswith("_prices"):
        vendor = feed.partition("/")[2].removesuffix("_prices")
        bars = lake.read(PRICES, where=f"vendor = '{vendor}'").to_pylist()
        known |= {(row["symbol"], row["session"]) for row in bars}
    else:
        covered = lake.read(COVERAGE, where=f"feed = '{feed}'").to_pylist()
        known |= {(row["subject"], row["day"]) for row in covered}
    assert not wanted - known


def assert_told(error: BaseException | None, kind: type[Told], *words: str) -> Told:
    """A typed error that says which value, why and what to do next, all on one line.

    ``words`` must stand in it. It survives the trip between processes.
    """
    assert isinstance(error, StockAssetsError), repr(error)
    assert isinstance(error, kind), f"{type(error).__name__}, not {kind.__name__}: {error}"
    assert all((error.value, error.reason, error.next_action))
    text = str(error)
    assert text.startswith(f"{error.value}: {error.reason}")
    assert text.endswith(f"Next: {error.next_action}.")
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < 2_000
    missing = [word for word in words if word not in text]
    assert not missing, f"{missing} not in: {text}"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.context) == (type(error), text, error.context)
    return error


def assert_no_secret(texts: Iterable[str | bytes], keys: Iterable[str]) -> None:
    """None of the texts holds a key: not as it is, not url-encoded, not in base64."""
    forms = {form for key in keys for form in _forms(key)}
    for text in texts:
        found = [form for form in forms if form in _as_bytes(text)]
        assert not found, f"a key stands in {_as_bytes(text)[:80]!r}"


def assert_raw_kept(lake: Lake, payloads: str) -> None:
    """The answers behind each load that brought or put aside rows can be read again."""
    store = PayloadStore(payloads)
    for load in lake.history(LOADS).to_pylist():
        if load["requests"] and load["rows_received"] + load["rows_quarantined"]:
            assert load["payloads"], load
            for sha in load["payloads"]:
                store.get(sha)


def assert_sound(lake: Lake, settings: Settings) -> None:
    """What holds for any home at any time: no doubles, raw kept, no secrets, one environment."""
    for table in _stored(lake, (*DATA, GAPS)):
        rows = lake.history(table).to_pylist()
        assert {row["environment"] for row in rows} <= {settings.environment}
        versions: dict[tuple[str, ...], tuple[str, ...]] = {}
        for row in rows:
            key = tuple(str(row[name]) for name in table.key)
            values = tuple(str(row[name]) for name in table.values)
            assert versions.get(key) != values, f"{table.name} {key} was stored twice"
            versions[key] = values
    assert_raw_kept(lake, settings.payload_root)
    keys = keys_of(settings)
    assert_no_secret(_said(lake), keys)
    assert_no_secret(_files(settings.home), keys)


def keys_of(settings: Settings) -> tuple[str, ...]:
    """The vendors' keys that are set."""
    given = (value for name, value in settings if name.endswith("_api_key"))
    return tuple(key.get_secret_value() for key in given if isinstance(key, SecretStr))


def _stored(lake: Lake, tables: Sequence[Table]) -> list[Table]:
    """Those that were ever written: looking into all the others takes most of the time."""
    return [table for table in tables if lake.version(table) is not None]


def _said(lake: Lake) -> Iterator[str]:
    for table in _stored(lake, BOOKS):
        yield from (repr(row) for row in lake.history(table).to_pylist())


def _files(home: Path) -> Iterator[bytes]:
    """Every file of a home, unpacked where it is packed."""
    for path in sorted(home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            packed = path.suffix == ".zst"
            yield zstandard.decompress(content) if packed else content


def _hash(rows: list[dict[str, Any]]) -> str:
    lines = sorted(repr(sorted(row.items())) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _forms(key: str) -> Iterator[bytes]:
    yield from (key.encode(), quote(key, safe="").encode(), quote_plus(key).encode())
    yield base64.b64encode(key.encode()).rstrip(b"=")


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
