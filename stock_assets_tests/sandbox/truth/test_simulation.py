from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.sandbox.truth.simulation import _close_in_cents

RATIOS = st.sampled_from([(1, 1), (2, 1), (3, 1), (20, 1), (1, 10)])


@given(
    before=st.integers(200, 500_000),
    terms=RATIOS,
    cash=st.integers(0, 40),
    move=st.floats(-0.2, 0.2),
)
def test_rounding_to_cents_never_flips_or_zeroes_the_sign_of_the_total_return(
    before: int, terms: tuple[int, int], cash: int, move: float
) -> None:
    new, old = (np.array([share], dtype=np.int64) for share in terms)
    fair = before * terms[1] / terms[0]
    up = np.array([move >= 0])
    close = _close_in_cents(
        np.array([fair * np.exp(move)]), np.array([before]), new, old, np.array([cash]), up
    )
    ratio, paid, then, now = terms[0] / terms[1], cash / 100, before / 100, close[0] / 100
    total = ratio * (now + paid) / then - 1.0
    if fair > cash + 2:
        assert (total > 0) == (move >= 0)
        assert total != 0
