"""What does loading the code location cost beside the libraries that it cannot do without?

Ours: ``import stock_assets.definitions``, with the definitions built, as Dagster does it for every
process. Peer: ``import dagster, dagster_dbt``. Each in a fresh process, taken in turns; medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 7
LIMIT = 1.3

PEER = "import dagster, dagster_dbt"
OURS = "import stock_assets.definitions as door; door.defs()"


def seconds(code: str, home: str) -> float:
    """Wall time of a fresh interpreter that runs ``code``."""
    environment = {**os.environ, "STOCK_ASSETS_HOME": home}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, env=environment)
    return time.perf_counter() - started


def main() -> None:
    cases = {"import dagster, dagster_dbt": PEER, "load stock_assets.definitions": OURS}
    with tempfile.TemporaryDirectory() as home:
        for code in cases.values():
            seconds(code, home)
        taken: dict[str, list[float]] = {what: [] for what in cases}
        for _ in range(REPEATS):
            for what, code in cases.items():
                taken[what].append(seconds(code, home))
        nothing = statistics.median(seconds("pass", home) for _ in range(3))
    peer, ours = (statistics.median(times) - nothing for times in taken.values())
    print(json.dumps({"what": "import dagster, dagster_dbt", "seconds": peer}))
    print(
        json.dumps(
            {
                "what": "load stock_assets.definitions",
                "seconds": ours,
                "ratio": ours / peer,
                "limit": LIMIT,
            }
        )
    )


if __name__ == "__main__":
    main()
