"""Stays in the index."""

from __future__ import annotations

from datetime import date

from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.membership import BEGINNING, Stay, sector, stays

LAST = date(2016, 1, 4)


def test_one_left_and_came_back_one_left_for_good_one_was_delisted() -> None:
    truth = generate(["AMD", "INTC", "SVBX", "META"], last=LAST)
    assert stays(truth) == (
        Stay("AMD", BEGINNING, date(2013, 9, 23)),
        Stay("AMD", date(2017, 3, 20), None),
        Stay("FB", date(2013, 12, 23), date(2022, 6, 9)),
        Stay("INTC", BEGINNING, date(2025, 3, 24)),
        Stay("META", date(2022, 6, 9), None),
        Stay("SVBX", date(2018, 3, 19), date(2025, 6, 28)),
    )


def test_stays_do_not_depend_on_which_others_exist() -> None:
    many = generate(120, seed=4, last=LAST)
    few = generate(["SAA", "SAB", "SBB"], seed=4, last=LAST)
    assert set(stays(few)) <= set(stays(many))
    joined = [s for s in stays(many) if s.ticker.startswith("S") and s.first_day > BEGINNING]
    assert 10 < len(joined) < 50
    assert len({sector(4, symbol) for symbol in many.stocks}) == 11
