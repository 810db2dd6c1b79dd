"""What does it cost to turn a vendor's answers into checked, stored rows?

The same bytes for all: 500 symbols by 2,500 sessions in Polygon's aggregates format, as the twin
answers them over HTTP, read from files. Ours: parse with its contract, check every rule,
de-duplicate, compare with what is stored, commit to the lake, all columns, forced to the disk. The
peer of the limit: ``json.loads`` and pandas to checked, stored rows (sessions from instants, our
rules, each key once, one Parquet file, nothing forced). Also printed: how long pandas takes to a
bare data frame, with nothing checked and nothing stored; a second load of the same bytes, which
must append nothing; one more session for every symbol. In turns in one process after a warm-up;
medians.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pandas as pd

from stock_assets.lake import Lake, LoadResult, LoadSource
from stock_assets.market import calendar
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import running_twin
from stock_assets.sandbox.truth.generated import FIRST_SESSION, generate
from stock_assets.tables import PRICES
from stock_assets.vendors.polygon_aggs import parse_aggs

SYMBOLS = 500
SESSIONS = 2_500
REPEATS = 5
LIMIT = 0.25

Answers = list[tuple[str, Path]]


def ask_the_twin(folder: Path, first: date, last: date) -> Answers:
    """The twin's answers for every symbol between two sessions, one file each."""
    truth = generate(SYMBOLS, seed=7, last=last + timedelta(days=30))
    clock = TwinClock(datetime(last.year, last.month, last.day, 6, 30, tzinfo=UTC) + timedelta(1))
    answers: Answers = []
    headers = {"Authorization": f"Bearer {UNLIMITED_KEY}"}
    with running_twin(truth, clock) as twin, httpx.Client(headers=headers) as client:
        for symbol in truth.stocks:
            url = f"{twin.polygon_url}/v2/aggs/ticker/{symbol}/range/1/day/{first}/{last}"
            answer = client.get(url, params={"adjusted": "false", "limit": 50_000})
            answer.raise_for_status()
            path = folder / f"{symbol}-{first}.json"
            path.write_bytes(answer.content)
            answers.append((symbol, path))
    return answers


def ours(answers: Answers, root: Path) -> LoadResult:
    """Bytes to committed rows."""
    rows = parse_aggs([(symbol, path.read_bytes()) for symbol, path in answers])
    lake = Lake(str(root), environment="sandbox", now=lambda: datetime.now(UTC))
    return lake.append(PRICES, rows, LoadSource("raw/polygon_prices", "polygon"))


def bare_frame(answers: Answers) -> pd.DataFrame:
    """The answers as one data frame as they are: unchecked, times as they came."""
    frames = []
    for symbol, path in answers:
        frame = pd.DataFrame(json.loads(path.read_bytes())["results"])
        frame["symbol"] = symbol
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def checked_and_stored(frame: pd.DataFrame, path: Path) -> int:
    """What is left of the frame after our rules, each key once, in one Parquet file."""
    instants = pd.to_datetime(frame["t"], unit="ms", utc=True)
    frame["session"] = instants.dt.tz_convert("America/New_York").dt.normalize()
    prices = frame[["o", "h", "l", "c"]]
    good = (
        prices.gt(0).all(axis=1)
        & prices.lt(np.inf).all(axis=1)
        & (frame["h"] == prices.max(axis=1))
        & (frame["l"] == prices.min(axis=1))
        & (frame["v"] >= 0)
    )
    kept = frame[good].drop_duplicates(["symbol", "session"])
    kept.to_parquet(path)
    return len(kept)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(what: str, seconds: float, rows: int, **more: float) -> None:
    """One line of the result."""
    print(json.dumps({"what": what, "seconds": seconds, "rows": rows, **more}), flush=True)


def main() -> None:
    sessions = calendar().between(FIRST_SESSION, date(2026, 1, 1))[: SESSIONS + 1]
    first, last, next_one = sessions[0].day, sessions[-2].day, sessions[-1].day
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = ask_the_twin(folder, first, last)
        one_day = ask_the_twin(folder, next_one, next_one)
        megabytes = sum(path.stat().st_size for _, path in answers) / 1e6
        ours(one_day, folder / "warm-up")
        bare_frame(one_day)

        taken: dict[str, list[float]] = {"ours": [], "frame": [], "peer": []}
        rows = 0
        for _ in range(REPEATS):
            lake = folder / "lake"
            shutil.rmtree(lake, ignore_errors=True)
            started = time.perf_counter()
            rows = ours(answers, lake).appended
            taken["ours"].append(time.perf_counter() - started)
            started = time.perf_counter()
            frame = bare_frame(answers)
            taken["frame"].append(time.perf_counter() - started)
            if checked_and_stored(frame, folder / "peer.parquet") != rows:
                raise SystemExit("ours and the peer do not keep the same rows")
            taken["peer"].append(time.perf_counter() - started)
            del frame
        again = timed(lambda: expect(ours(answers, lake), appended=0))
        day = timed(lambda: expect(ours(one_day, lake), appended=len(one_day)))

    ours_s, frame_s, peer_s = (statistics.median(taken[who]) for who in ("ours", "frame", "peer"))
    say(f"json + pandas, checked and stored ({megabytes:.0f} MB)", peer_s, rows)
    say("ours, parse to commit", ours_s, rows, ratio=ours_s / peer_s, limit=LIMIT)
    say("json + pandas, bare data frame, nothing checked or stored", frame_s, rows)
    say("ours, parse to commit, beside that", ours_s, rows, ratio=ours_s / frame_s)
    say("ours, the same bytes again", again, 0)
    say("ours, one more session for every symbol", day, len(one_day))


def expect(result: LoadResult, *, appended: int) -> None:
    """A load that did something else would not be worth its time."""
    if (result.appended, result.quarantined) != (appended, {}):
        raise SystemExit(f"expected {appended} rows appended, got {result}")


if __name__ == "__main__":
    main()
