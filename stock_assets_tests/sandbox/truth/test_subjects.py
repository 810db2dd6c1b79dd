from __future__ import annotations

import pytest

from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.subjects import sector_of, spoken, subjects_of


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Alphabet Class A", "Alphabet"),
        ("Saa Holdings", "Saa"),
        ("Bank of America", "Bank of America"),
        ("UnitedHealth Group", "UnitedHealth"),
    ],
)
def test_headlines_leave_legal_endings_out(name: str, said: str) -> None:
    assert spoken(name) == said


def test_a_market_has_its_companies_and_the_sectors_of_the_known_ones(truth: Truth) -> None:
    subjects = subjects_of(truth)
    companies = [s.key for s in subjects if not s.is_sector]
    assert companies == list(truth.symbols)
    sectors = {s.sector for s in subjects if s.is_sector}
    assert sectors == {sector_of(s) for s in truth.symbols if s not in ("SVBX", "HALTX")}


def test_an_article_about_a_sector_names_two_to_four_of_its_companies(truth: Truth) -> None:
    sector = next(s for s in subjects_of(truth) if s.key == "sector Information Technology")
    for luck in (0.0, 0.5, 0.999):
        for more, count in ((0.0, 2), (0.5, 3), (0.999, 4)):
            named = sector.named(luck, more)
            assert len({symbol for symbol, _ in named}) == count
            assert named[0][0] == sector.leading(luck)


def test_an_unknown_company_keeps_its_sector() -> None:
    assert sector_of("SAA") == sector_of("SAA")
    assert sector_of("XOM") == "Energy"
