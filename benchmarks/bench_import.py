"""What does loading the code location cost beside the libraries that it cannot do without?

Ours: ``import stock_assets.definitions``, with the definitions built, as Dagster does it for every
process. Peer: ``import dagster, dagster_dbt``. Each in a fresh process that ends as soon as it has
loaded, in turns, less the start of a bare interpreter; medians, and of neighbours' ratios too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 9
LIMIT = 1.3

END = "; import os; os._exit(0)"
"""Dagster's processes stay: taking everything down again is not part of the question."""
PEER = "import dagster, dagster_dbt"
OURS = "import stock_assets.definitions as door; door.defs()"


def seconds(code: str, home: str) -> float:
    """Wall time of a fresh interpreter that runs ``code``."""
    environment = {**os.environ, "STOCK_ASSETS_HOME": home}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code + END], check=True, env=environment)
    return time.perf_counter() - started


def main() -> None:
    cases = {"import dagster, dagster_dbt": PEER, "load stock_assets.definitions": OURS}
    with tempfile.TemporaryDirectory() as home:
        for code in cases.values():
            seconds(code, home)
        nothing = statistics.median(seconds("pass", home) for _ in range(5))
        taken = [[seconds(code, home) - nothing for code in cases.values()] for _ in range(REPEATS)]
    ratio = statistics.median(ours / peer for peer, ours in taken)
    for (what, _), times in zip(cases.items(), zip(*taken, strict=True), strict=True):
        line: dict[str, object] = {"what": what, "seconds": statistics.median(times)}
        print(json.dumps(line | ({"ratio": ratio, "limit": LIMIT} if cases[what] == OURS else {})))


if __name__ == "__main__":
    main()
