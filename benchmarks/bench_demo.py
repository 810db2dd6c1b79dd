"""How long does the demo take on an installed checkout, and how much memory?

Ours: ``stock-assets demo`` with its defaults (50 symbols, three years) in a fresh home, as one
process with those that it starts (the twin, dbt); then once more in the same home, where nothing
may change. Memory is the peak that the demo reports of itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_S = 120.0
LIMIT_MIB = 2_048.0


def demo(home: Path, summary: Path) -> float:
    """Seconds of one run, which must succeed."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "stock_assets", "demo", "--home", str(home), "--json", str(summary)],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home, summary = Path(name) / "home", Path(name) / "summary.json"
        for what in ("demo in a fresh home", "the same again"):
            seconds = demo(home, summary)
            said = json.loads(summary.read_text(encoding="utf-8"))
            print(
                json.dumps(
                    {
                        "what": f"{what}: ratio to {LIMIT_S:.0f} s",
                        "seconds": seconds,
                        "ratio": seconds / LIMIT_S,
                        "limit": 1.0,
                    }
                )
            )
            peak = said["peak_memory_mib"]
            print(
                json.dumps(
                    {
                        "what": f"{what}: memory, ratio to {LIMIT_MIB:,.0f} MiB",
                        "peak_mib": peak,
                        "ratio": peak / LIMIT_MIB,
                        "limit": 1.0,
                    }
                )
            )


if __name__ == "__main__":
    main()
