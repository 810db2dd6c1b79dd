"""A process that appends load after load and says each number once it is stored.

Started by tests: ``python -m stock_assets_tests.lake.writer ROOT FIRST LAST go|wait``.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Final

import pyarrow as pa

from stock_assets.tables import PRICES
from stock_assets_tests.lake.bars import SOURCE, bar, open_lake, rows

BROKEN_EVERY: Final = 5
_FIRST_DAY: Final = date(2020, 1, 1).toordinal()


def day_number(number: int) -> int:
    """The day of a load, as an ordinal."""
    return _FIRST_DAY + number


def load_of(number: int) -> pa.Table:
    """Three bars of one day; in every fifth load one of them is broken."""
    day = date.fromordinal(day_number(number))
    last = -1.0 if number % BROKEN_EVERY == 0 else 3.0 + number
    return rows(bar("A", day, 1.0 + number), bar("B", day, 2.0 + number), bar("C", day, last))


def main(root: str, first: str, last: str, start: str) -> None:
    """Append loads ``first`` to ``last`` (not included)."""
    lake = open_lake(root)
    if start == "wait":
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
    for number in range(int(first), int(last)):
        lake.append(PRICES, load_of(number), SOURCE)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
