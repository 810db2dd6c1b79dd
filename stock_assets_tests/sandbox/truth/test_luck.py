from __future__ import annotations

import numpy as np

from stock_assets.sandbox.truth.luck import draw, stream


def test_more_sessions_begin_with_the_same_draws() -> None:
    short, long = draw(1, ["A", "B"], 50), draw(1, ["A", "B"], 80)
    for name in ("market_direction", "direction", "activity"):
        assert np.array_equal(getattr(short, name), getattr(long, name)[:50])


def test_a_symbols_draws_do_not_depend_on_its_company() -> None:
    alone, among = draw(1, ["B"], 20), draw(1, ["A", "B", "C"], 20)
    assert np.array_equal(alone.size[:, 0], among.size[:, 1])


def test_purposes_and_seeds_have_streams_of_their_own() -> None:
    firsts = {
        stream(seed, symbol, purpose).random()
        for seed in (1, 2)
        for symbol in ("A", "B")
        for purpose in ("bars", "traits")
    }
    assert len(firsts) == 8
