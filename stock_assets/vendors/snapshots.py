"""What vendors say of companies now, not as of a day: rows that are known from now on.

Belongs here: rows of FUNDAMENTALS from one or several vendors' answers, and how one company that
fails is kept from stopping the others.
Does not belong here: any vendor's fields (finnhub.py, alpha_vantage.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from stock_assets.errors import ContractError, NotFound, PayloadError, VendorError
from stock_assets.market import check_symbols
from stock_assets.tables import FUNDAMENTALS
from stock_assets.vendors.messages import Answer


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Rows whose ``known_at`` is when they were asked for, and what stands behind them.

    ``rejected``: rows that cannot be accepted, with ``target``, ``rule``, ``reason``. ``failed``:
    companies of which nothing came, each with the reason. ``doubled``: identical doubles dropped.
    """

    rows: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    failed: Mapping[str, VendorError] = field(default_factory=dict)
    doubled: int = 0


def fundamentals_of(
    symbols: Sequence[str],
    ask: Callable[[str, list[Answer]], dict[str, Any]],
    vendor: str,
    now: datetime,
) -> Snapshots:
    """One row of FUNDAMENTALS per company that could be had.

    ``ask`` gives the columns of one company and adds the answers that it got to the list.
    ``observed_hour`` is the hour of ``now``; ``known_at`` is ``now``: of an earlier time a
    snapshot says nothing.

    Raises:
        NotFound, PayloadError, ContractError: of the first company, where nothing came of any.
        VendorError: any other kind at once: the next company would fare no better.
    """
    answers: list[Answer] = []
    rows: list[dict[str, Any]] = []
    failed: dict[str, VendorError] = {}
    moment = {
        "vendor": vendor,
        "observed_hour": now.replace(minute=0, second=0, microsecond=0),
        "known_at": now,
    }
    for symbol in check_symbols(symbols):
        try:
            rows.append({**moment, "symbol": symbol, **ask(symbol, answers)})
        except (NotFound, PayloadError, ContractError) as error:
            failed[symbol] = error
    if failed and not rows:
        raise next(iter(failed.values()))
    table = pa.Table.from_pylist(rows, schema=FUNDAMENTALS.row_schema)
    return Snapshots(table, tuple(answers), failed=failed)
