"""What does a single-run backfill of 500 symbols by 2,500 sessions cost beside its bare events?

Ours: the real asset ``raw/yahoo_prices`` with its checks, in one run over 2,500 partitions, through
yfinance and over HTTP from the twin (a process of its own), to committed rows. Peer: an asset with
the same partitions that does nothing, so that all its time goes into writing the same partition
events into the same storage. Each in a process of its own with a fresh home; one run each, as a
backfill is run once. The twin's request log must show exactly one request for bars per symbol.
Also printed: the same through Polygon, and the peer with Dagster's own event log, which opens its
database anew for every event.
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
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

from stock_assets.assets import raw
from stock_assets.checks.raw import price_checks
from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.cli.stages import RANGE_END, RANGE_START
from stock_assets.cli.twin import TwinAddress, twin_process
from stock_assets.lake import Lake
from stock_assets.market import calendar, decision_time
from stock_assets.partitions import session_partitions
from stock_assets.resources import open_lake, resources_for
from stock_assets.sandbox.truth.generated import FIRST_SESSION
from stock_assets.settings import Settings, read_settings
from stock_assets.tables import GAPS, PRICES

SYMBOLS = 500
SESSIONS = 2_500
BARS = {"yahoo": "/v8/finance/chart/", "polygon": "/v2/aggs/"}
"""Where each vendor is asked for bars; yfinance also asks for a cookie and a crumb."""
UNLIMITED = 1e6


def definitions_of(what: str, settings: Settings) -> dg.Definitions:
    """One asset with its checks: the real one of a vendor, or one that does nothing."""
    if what in BARS:
        asset: Any = {"yahoo": raw.yahoo_prices, "polygon": raw.polygon_prices}[what]
        return dg.Definitions(
            assets=[asset],
            asset_checks=price_checks(what),
            jobs=[dg.define_asset_job("backfill", [asset])],
            resources=resources_for(settings),
            executor=dg.in_process_executor,
        )

    @dg.asset(partitions_def=session_partitions(), backfill_policy=dg.BackfillPolicy.single_run())
    def nothing() -> None:
        """Only events."""

    return dg.Definitions(
        assets=[nothing],
        jobs=[dg.define_asset_job("backfill", [nothing])],
        executor=dg.in_process_executor,
    )


def backfill(what: str, days: Sequence[date], settings: Settings) -> dict[str, Any]:
    """One run over all days in this process: seconds, peak MiB, rows and gaps in the lake."""
    home = prepare_dagster_home(settings)
    if what == "dagster":
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    instance = dg.DagsterInstance.from_config(str(home))
    job = definitions_of(what, settings).resolve_job_def("backfill")
    started = time.perf_counter()
    result = job.execute_in_process(
        instance=instance,
        tags={RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()},
        raise_on_error=False,
    )
    seconds = time.perf_counter() - started
    key = dg.AssetKey(["raw", f"{what}_prices"] if what in BARS else ["nothing"])
    partitions = len(instance.get_materialized_partitions(key))
    instance.dispose()
    if not result.success or partitions != len(days):
        raise SystemExit(f"{what}: {partitions} partitions of {len(days)}, {result.success=}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mib": peak, **_stored(open_lake(settings))}


def _stored(lake: Lake) -> dict[str, int]:
    return {"rows": lake.count(PRICES), "gaps": lake.count(GAPS)}


def in_a_process(what: str, days: Sequence[date], home: Path, twin: TwinAddress) -> dict[str, Any]:
    """``backfill`` in a fresh process and a fresh home."""
    settings = read_settings(
        home=home / what,
        environment="sandbox",
        sandbox_url=twin.url,
        now=decision_time(days[-1]),
        symbols=twin.symbols,
        backfill_years=0.01,
        polygon_api_key="twin-unlimited",
        polygon_requests_per_minute=UNLIMITED,
        yahoo_requests_per_minute=UNLIMITED,
    )
    arguments = [what, days[0].isoformat(), days[-1].isoformat()]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, *arguments],
        env={**os.environ, **settings.as_environment()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def expect_one_request_each(twin: TwinAddress, vendor: str) -> None:
    """Hold the twin's own log of requests for bars against the symbols."""
    answer = httpx.get(
        f"{twin.url}/__sandbox__/requests",
        params={"vendor": vendor},
        headers={"X-Sandbox-Token": twin.token},
    )
    paths = [entry["path"] for entry in answer.raise_for_status().json()["requests"]]
    bars = Counter(path.split("/range/")[0] for path in paths if path.startswith(BARS[vendor]))
    if len(bars) != len(twin.symbols) or set(bars.values()) != {1}:
        raise SystemExit(f"{vendor}: {bars.total()} requests for {len(twin.symbols)} symbols")


def main() -> None:
    sessions = calendar().between(FIRST_SESSION, date(2026, 1, 1))[:SESSIONS]
    days = [session.day for session in sessions]
    now = decision_time(days[-1]).isoformat()
    twin_arguments = ["--symbols", str(SYMBOLS), "--seed", "7", "--now", now]
    with (
        tempfile.TemporaryDirectory() as name,
        twin_process(twin_arguments) as twin,
    ):
        done = {
            what: in_a_process(what, days, Path(name), twin)
            for what in ("nothing", "yahoo", "polygon", "dagster")
        }
        for vendor in BARS:
            expect_one_request_each(twin, vendor)
    peer = done["nothing"]["seconds"]
    words = {
        "nothing": "the same partition events, nothing else",
        "yahoo": "ours, raw/yahoo_prices, one request per symbol",
        "polygon": "ours, raw/polygon_prices, one request per symbol",
        "dagster": "the same events with Dagster's default event log",
    }
    for what, figures in done.items():
        extra = {"ratio": figures["seconds"] / peer} if what != "nothing" else {}
        print(json.dumps({"what": words[what], **figures, **extra}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        which, first, last = sys.argv[1:]
        logging.disable(logging.CRITICAL)
        asked = calendar().between(date.fromisoformat(first), date.fromisoformat(last))
        with contextlib.redirect_stdout(sys.stderr):
            figures = backfill(which, [session.day for session in asked], read_settings())
        print(json.dumps(figures))
    else:
        main()
