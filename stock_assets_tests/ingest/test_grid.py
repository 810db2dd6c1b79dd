"""Expected keys as a grid."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from stock_assets.ingest.grid import Grid

DAYS = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
GRID = Grid(("AAPL", "MSFT"), DAYS)


def keys(*pairs: tuple[str, date]) -> pa.Table:
    return pa.table(
        {
            "symbol": pa.array([symbol for symbol, _ in pairs], pa.string()),
            "session": pa.array([day for _, day in pairs], pa.date32()),
        }
    )


def test_a_mask_is_true_exactly_where_a_key_exists() -> None:
    mask = GRID.mask(keys(("MSFT", DAYS[0]), ("AAPL", DAYS[2])))
    assert mask.tolist() == [[False, False, True], [True, False, False]]


def test_keys_outside_the_grid_and_doubled_keys_do_no_harm() -> None:
    mask = GRID.mask(
        keys(("AAPL", DAYS[1]), ("AAPL", DAYS[1]), ("TSLA", DAYS[0]), ("AAPL", date(2020, 1, 2)))
    )
    assert mask.sum() == 1


def test_no_keys_at_all_are_an_empty_mask() -> None:
    assert not GRID.mask(keys()).any()


def test_rows_give_back_the_keys_of_a_mask() -> None:
    wanted = keys(("AAPL", DAYS[2]), ("MSFT", DAYS[0]))
    assert GRID.rows(GRID.mask(wanted)).equals(wanted)


def test_missing_lists_sessions_per_symbol_and_leaves_out_complete_symbols() -> None:
    mask = np.array([[True, False, True], [False, False, False]])
    assert GRID.missing(mask) == {"AAPL": (DAYS[0], DAYS[2])}
