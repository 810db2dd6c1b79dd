from __future__ import annotations

import numpy as np
import pytest
from textblob import TextBlob

from stock_assets.sandbox.truth.phrases import AREAS, DETAILS, HEADLINES, SUMMARIES
from stock_assets.sandbox.truth.subjects import sector_of

_GOOD_WORDS = """
excellent outstanding superb best success great impressive gains gain good positive better confident
successful strengthen achieves efficiency progress rebound delighted reward strong strongest
profitability improves improved achievement opportunities exceeded upgrade
"""
_BAD_WORDS = """
weak slow warns difficult negative declines declined decline delays delay poor loses lose losses
concerned complain misses cuts awful terrible downgrade alarmed worst suffers investigation failures
failure bad recalls fraud sued disastrous layoffs severe collapsed crisis impairments setback worse
painful hurt cancelled worries afraid unfortunate
"""
POSITIVE, NEGATIVE = _GOOD_WORDS.split(), _BAD_WORDS.split()


def _said(text: str) -> str:
    return text.format(name="Acme", area="chips", share=5, staff="1,000", rivals=3)


def _polarity(text: str) -> float:
    return float(TextBlob(_said(text)).sentiment.polarity)


def _counted(text: str) -> int:
    """A lexicon of finance in small: good words less bad ones."""
    words = [word.strip(".,:;%").lower() for word in _said(text).split()]
    return sum(w in POSITIVE for w in words) - sum(w in NEGATIVE for w in words)


@pytest.mark.parametrize("bank", [HEADLINES, SUMMARIES], ids=["headlines", "summaries"])
def test_textblob_hears_which_level_a_phrase_belongs_to(bank: dict[int, tuple[str, ...]]) -> None:
    means = [np.mean([_polarity(text) for text in bank[level]]) for level in (-2, -1, 0, 1, 2)]
    assert means == sorted(means)
    assert means[0] < -0.5 < means[1] < -0.2 < 0.2 < means[3] < means[4]
    assert means[2] == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("bank", [HEADLINES, SUMMARIES], ids=["headlines", "summaries"])
def test_a_lexicon_of_finance_hears_it_too(bank: dict[int, tuple[str, ...]]) -> None:
    for level, texts in bank.items():
        counts = [_counted(text) for text in texts]
        assert np.sign(np.mean(counts)) == np.sign(level)


def test_no_phrase_belongs_to_two_levels() -> None:
    every = [text for bank in (HEADLINES, SUMMARIES) for texts in bank.values() for text in texts]
    assert len(set(every)) == len(every)


def test_details_and_areas_have_no_tone_of_their_own() -> None:
    assert not any(_polarity(text) for text in DETAILS)
    assert not any(_polarity(area) for areas in AREAS.values() for area in areas)


def test_every_sector_has_its_areas() -> None:
    assert {sector_of(f"S{a}{b}") for a in "ABCDEFGH" for b in "ABCDEFGH"} <= set(AREAS)
