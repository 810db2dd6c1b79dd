"""The financial word list, and how its words are added up."""

from __future__ import annotations

import csv

import pytest

from stock_assets.ingest.financial_lexicon import LIST, lexicon, score
from stock_assets.ingest.textblob_scores import score as textblob


def test_the_list_is_in_order_and_each_phrase_stands_there_once() -> None:
    with LIST.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    keys = [(row["kind"], row["phrase"]) for row in rows]
    assert keys == sorted(keys)
    assert len({row["phrase"] for row in rows}) == len(rows) == len(lexicon())
    assert {kind for kind, _ in keys} == {"positive", "negative", "uncertain"}
    assert all(0 < float(row["weight"]) <= 1 for row in rows)
    assert all(1 <= len(row["phrase"].split()) <= 3 for row in rows)


def test_every_phrase_of_the_list_is_found_as_written() -> None:
    signs = {"positive": 1, "negative": -1, "uncertain": 0}
    for phrase, (kind, weight) in lexicon().items():
        polarity, subjectivity = score(phrase.upper())
        assert polarity == signs[kind] * weight
        assert subjectivity == (weight if kind == "uncertain" else 0.0)


@pytest.mark.parametrize(
    ("text", "polarity", "subjectivity"),
    [
        ("", 0.0, 0.0),
        ("Apple to speak at a conference", 0.0, 0.0),
        ("Apple raises guidance", 0.8, 0.0),
        ("Apple's profit warning", -0.9, 0.0),
        ("Apple may cut guidance", -0.4, 0.4),
        ("No growth at Apple", -0.3, 0.0),
        ("Apple doesn\u2019t see a loss", 0.35, 0.0),
        ("Not now. Apple grows", 0.6, 0.0),
        ("Not in this or the next year will Apple grow: growth", 0.6, 0.0),
        ("Write-down at Apple", -0.8, 0.0),
        ("$GAIN, $ WIN and $BOOM.A speak at a conference", 0.0, 0.0),
        ("$GAIN has no growth", -0.3, 0.0),
        ("A $5 gain", 0.6, 0.0),
    ],
)
def test_words_phrases_negations_and_doubts_count(
    text: str, polarity: float, subjectivity: float
) -> None:
    assert score(text) == pytest.approx((polarity, subjectivity))


@pytest.mark.parametrize(
    "forms",
    [
        "rise rises rose risen rising",
        "fall falls fell fallen falling",
        "soar soars soared soaring",
        "sink sinks sank sunk sinking",
        "grow grows grew growing",
        "shrink shrinks shrank shrinking",
        "jump jumps jumped jumping",
        "tumble tumbles tumbled tumbling",
        "lose loses lost losing",
        "warn warns warned warning",
        "sue sues sued suing",
        "approve approves approved",
        "expect expects expected expecting",
    ],
)
def test_a_verb_is_heard_in_each_of_its_forms(forms: str) -> None:
    heard = {score(f"shares {form} today") for form in forms.split()}
    assert len(heard) == 1
    assert heard != {(0.0, 0.0)}


@pytest.mark.parametrize("what", ["dividend", "forecast", "guidance", "its outlook", "outlook"])
def test_a_phrase_is_heard_in_each_form_of_its_verb(what: str) -> None:
    for forms, polarity in (("cut cuts", -0.8), ("raise raises raised", 0.8)):
        assert {score(f"{form} {what}") for form in forms.split()} == {(polarity, 0.0)}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Apple beats estimates and raises guidance", "Apple misses estimates and cuts guidance"),
        ("Regulator approves merger, shares jump", "Regulator probes merger, shares plunge"),
        ("Tesla upgraded to buy rating", "Tesla downgraded to sell rating"),
        ("Record profit and a higher dividend", "Record loss and a suspended dividend"),
        ("Debt falls short of fears as growth accelerates", "Debt in default as growth slows"),
    ],
)
def test_good_news_scores_above_bad_news(better: str, worse: str) -> None:
    assert score(better)[0] > score(worse)[0]


def test_words_of_finance_are_heard_that_a_general_list_does_not_know() -> None:
    headline = "Shares plunge after profit warning and downgrade"
    assert textblob(headline)[0] == 0.0
    assert score(headline)[0] < -0.5
