"""How long does one day of all feeds take for 500 symbols, and how much memory?

Ours: every raw asset with its checks, one run each, in one process: from the start of Python to
the last check of the last feed, over HTTP from the twin (a process of its own, without delays, with
unlimited keys) through the vendors' own clients to committed rows. It is the first day in a fresh
home, so that lists and series come whole. No request may be refused, no feed and no check that
blocks may fail, and what did not come is printed with its cause.

Wall time depends on who else uses the machine; ``cpu`` is what our process used of it, in seconds.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

from stock_assets.assets import news, raw
from stock_assets.assets.feeds import feed_assets
from stock_assets.checks.feeds import feed_checks
from stock_assets.checks.raw import price_checks
from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.cli.twin import TwinAddress, twin_process
from stock_assets.ingest.feeds import FEEDS, Feed
from stock_assets.resources import open_lake, resources_for
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT
from stock_assets.tables import GAPS, LOADS, TABLES

SYMBOLS = 500
DAY = "2025-07-30"
"""A Wednesday with a session."""
NOW = datetime(2025, 7, 31, 6, 30, tzinfo=UTC)
LIMIT_S = 60.0
LIMIT_MIB = 1_024.0
UNLIMITED = "twin-unlimited"
PARTITIONS = {"session": DAY, "day": DAY, "month": DAY[:7], "none": None}


def definitions_of(settings: Settings) -> dg.Definitions:
    """All raw assets with their checks, and how the news sounds."""
    return dg.Definitions(
        assets=[*dg.load_assets_from_modules([raw, news]), *feed_assets(settings)],
        asset_checks=[
            *(check for v in ("yahoo", "polygon", "alpha_vantage") for check in price_checks(v)),
            *(feed_checks(feed) for feed in BY_SUBJECT),
        ],
        resources=resources_for(settings),
        executor=dg.in_process_executor,
    )


def collect(feed: Feed, job: dg.JobDefinition, instance: dg.DagsterInstance) -> float:
    """One run of one feed's asset with its checks; seconds."""
    started = time.perf_counter()
    job.execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(feed.key.split("/"))],
        partition_key=PARTITIONS[feed.slices],
    )
    return time.perf_counter() - started


def one_day() -> dict[str, Any]:
    """Every feed once, in this process: seconds of each, peak memory, what is in the lake."""
    settings = read_settings()
    instance = dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)))
    job = definitions_of(settings).resolve_implicit_global_asset_job_def()
    each = {feed.key: collect(feed, job, instance) for feed in FEEDS}
    instance.dispose()
    lake = open_lake(settings)
    causes = lake.read(GAPS, columns=("feed", "cause")).group_by(["feed", "cause"])
    return {
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cpu": time.process_time(),
        "each": each,
        "rows": sum(lake.count(table) for table in TABLES.values()),
        "loads": lake.count(LOADS),
        "gaps": causes.aggregate([([], "count_all")]).to_pylist(),
    }


def in_a_process(home: Path, twin: TwinAddress) -> dict[str, Any]:
    """``one_day`` in a fresh process and a fresh home: its figures and the seconds in all."""
    settings = read_settings(
        home=home,
        environment="sandbox",
        sandbox_url=twin.url,
        now=NOW,
        symbols=twin.symbols,
        vendor_priority=("polygon", "yahoo", "alpha_vantage"),
        backfill_years=0.01,
        polygon_api_key=UNLIMITED,
        alpha_vantage_api_key=UNLIMITED,
        finnhub_api_key=UNLIMITED,
        newsapi_api_key=UNLIMITED,
        fred_api_key=UNLIMITED.replace("-", "").ljust(32, "0"),
        polygon_requests_per_minute=1e6,
        yahoo_requests_per_minute=1e6,
        alpha_vantage_requests_per_minute=1e6,
        alpha_vantage_requests_per_day=10**6,
        finnhub_requests_per_minute=1e6,
        newsapi_requests_per_day=10**6,
        fred_requests_per_minute=1e6,
        open_requests_per_minute=1e6,
        request_attempts=1,
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "one-day"],
        env={**os.environ, **settings.as_environment()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return {"seconds": time.perf_counter() - started, **answer}


def requests_of(twin: TwinAddress) -> int:
    """How many requests the twin has answered."""
    answer = httpx.get(f"{twin.url}/__sandbox__/requests", headers={"X-Sandbox-Token": twin.token})
    entries = answer.raise_for_status().json()["requests"]
    refused = [entry for entry in entries if entry["status"] in (401, 403, 429)]
    if refused:
        raise SystemExit(f"{len(refused)} requests were refused, the first one: {refused[0]}")
    return len(entries)


def main() -> None:
    arguments = ["--symbols", str(SYMBOLS), "--seed", "7", "--now", NOW.isoformat()]
    with tempfile.TemporaryDirectory() as name, twin_process(arguments) as twin:
        done = in_a_process(Path(name), twin)
        requests = requests_of(twin)
    seconds, peak = done["seconds"], done["peak_mib"]
    lines = [
        {
            "what": f"a day of all feeds, {SYMBOLS} symbols: ratio to {LIMIT_S:.0f} s",
            "seconds": seconds,
            "cpu": done["cpu"],
            "requests": requests,
            "rows": done["rows"],
            "loads": done["loads"],
            "ratio": seconds / LIMIT_S,
            "limit": 1.0,
        },
        {
            "what": f"its memory: ratio to {LIMIT_MIB:,.0f} MiB",
            "peak_mib": peak,
            "ratio": peak / LIMIT_MIB,
            "limit": 1.0,
        },
        *({"what": key, "seconds": spent} for key, spent in done["each"].items()),
        *(
            {"what": f"gaps of {gap['feed']}: {gap['cause']}", "rows": gap["count_all"]}
            for gap in done["gaps"]
        ),
    ]
    for line in lines:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        logging.disable(logging.CRITICAL)
        with contextlib.redirect_stdout(sys.stderr):
            figures = one_day()
        print(json.dumps(figures))
    else:
        main()
