"""Run every benchmark in its own process and write RESULTS.md.

Belongs here: finding the scripts, running them one after the other, writing down what they print.
Does not belong here: any measurement. A benchmark is a script ``bench_<name>.py`` that answers one
question, measures ours beside its peers in the same run, and prints one JSON object per line:
``{"what": ..., "seconds": ..., "rows": ..., "ratio": ..., "limit": ...}``; only ``what`` is
required. A line with a ``ratio`` above its ``limit`` makes the run fail.

    python benchmarks/run.py              all of them
    python benchmarks/run.py import ingest   these two
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
PACKAGES = ("dagster", "dagster-dbt", "deltalake", "duckdb", "pandas", "pyarrow", "scikit-learn")

Line = dict[str, Any]


def main(names: list[str]) -> int:
    """Run the benchmarks called ``names`` (default: all); 0 when all ran and kept their limits."""
    scripts = find(names)
    answers: dict[str, list[Line] | None] = {}
    for script in scripts:
        name = script.stem.removeprefix("bench_")
        print(f"== {name}", flush=True)
        answers[name] = run(script)
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    RESULTS.write_text(report(answers, before), encoding="utf-8")
    print(f"written: {RESULTS}")
    lines = [line for answer in answers.values() for line in answer or ()]
    broken = [line["what"] for line in lines if not kept(line)]
    failed = [name for name, answer in answers.items() if answer is None]
    for name in failed:
        print(f"did not run: {name}", file=sys.stderr)
    for what in broken:
        print(f"above its limit: {what}", file=sys.stderr)
    return 1 if failed or broken else 0


def find(names: Iterable[str]) -> list[Path]:
    """The scripts of those names, in order; all of them when none is named."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no benchmark called {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names] or list(known.values())


def run(script: Path) -> list[Line] | None:
    """What the script printed, line by line; None when it failed."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=False,
    )
    lines: list[Line] = []
    for text in done.stdout.splitlines():
        if text.startswith("{"):
            line: Line = json.loads(text)
            lines.append(line)
            print("  " + ", ".join(f"{key} {shown(value)}" for key, value in line.items()))
    print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
    return lines if done.returncode == 0 else None


def kept(line: Line) -> bool:
    """Whether a line that states a limit stays within it."""
    return "limit" not in line or float(line["ratio"]) <= float(line["limit"])


def report(answers: dict[str, list[Line] | None], before: str = "") -> str:
    """All answers as one page, each with when it was measured and on what.

    ``before``: the page as it was; benchmarks that were not run keep their place in it.
    """
    machine = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    page = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Machines differ from day to day: only ratios taken in one run",
        "count. A limit is the ratio that we promise; each script's head says what it compares.",
    ]
    measured = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {machine}, load {load()}, Python "
        f"{platform.python_version()}, {packages}."
    )
    sections = {}
    for section in before.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        sections[title] = body.strip()
    for name, answer in answers.items():
        told = ["Did not run."] if answer is None else table(answer)
        sections[name] = "\n".join([measured, "", *told])
    for name, body in sorted(sections.items()):
        page += ["", f"## {name}", "", body]
    return "\n".join(page) + "\n"


def table(lines: list[Line]) -> list[str]:
    """The lines as a Markdown table with the union of their fields as columns."""
    fields = list(dict.fromkeys(key for line in lines for key in line))
    rows = [[shown(line.get(field, "")) for field in fields] for line in lines]
    return [
        "| " + " | ".join(row) + " |"
        for row in (fields, ["---" if f == "what" else "---:" for f in fields], *rows)
    ]


def shown(value: object) -> str:
    """A value as people read it: three significant digits, thousands separated."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def load() -> str:
    """The machine's load at this moment, where it tells."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
