from __future__ import annotations

import numpy as np
import pytest

from stock_assets import market
from stock_assets.errors import BadRange
from stock_assets.sandbox.truth.companies import PLANNED_SPLITS, choose_symbols, profile


def test_the_default_is_every_company_and_a_number_takes_the_first_ones() -> None:
    default = choose_symbols(None)
    assert default == tuple(company.symbol for company in market.companies())
    assert choose_symbols(3) == default[:3]
    assert choose_symbols(52)[-2:] == ("SAA", "SAB")


def test_names_are_taken_as_they_are_and_each_once() -> None:
    assert choose_symbols(["SVBX", "AAPL", "SVBX"]) == ("SVBX", "AAPL")
    with pytest.raises(BadRange):
        choose_symbols([])


def test_identifiers_have_the_shape_of_real_ones_and_differ() -> None:
    draws = (np.random.default_rng(i) for i in range(600))
    names = choose_symbols(600)
    listings = [profile(n, d, []).listing for n, d in zip(names, draws, strict=True)]
    assert len({listing.figi for listing in listings}) == 600
    assert all(len(listing.figi) == len(listing.share_class_figi) == 12 for listing in listings)
    assert all(len(listing.cik) == 10 and listing.cik.isdigit() for listing in listings)
    assert {listing.exchange for listing in listings} == {"XNYS", "XNAS"}


def test_planned_splits_are_of_default_companies() -> None:
    assert set(PLANNED_SPLITS) <= set(choose_symbols(None))
