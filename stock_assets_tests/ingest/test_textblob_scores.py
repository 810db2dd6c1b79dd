"""The same numbers as TextBlob, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.ingest.textblob_scores import score

HEADLINES = (
    "",
    "   ",
    "Apple beats expectations with excellent results",
    "Not bad at all!",
    "not a very good quarter, really not good!!",
    "It is never really great... (!)",
    "Amazingly not terrible",
    "U.S. stocks aren't good: vol. 3, e.g. AT&T's :-) :( XD",
    'He said "good" . And "bad"?! \u201cBest\u201d \u2018worst\u2019',
    "GREAT\n\nnews\r\nfor \u0130stanbul and \u039f\u0394\u039f\u03a3",
    "no $50 5.5% gain :) 8-) <3 \u2665",
    "(!)",
    "!",
    "not! good",
    "extremely extremely extremely good",
    "utterly not the a an best",
)
WORDS = (
    "good bad not no never n't very really extremely best worst great terrible not-so fairly quite "
    "the a is of company $50 3.2% ! ? . ... , : ; ( ) (!) :) :-( xD <3 8-) ' \" \u201d \u2019 e.g. "
    "U.S. isn't don't couldn't amazingly hardly boring delicious END-OF-SENTENCE \n\n \r\n"
)


def theirs(text: str) -> tuple[float, float]:
    from textblob import TextBlob

    polarity, subjectivity = TextBlob(text).sentiment
    return polarity, subjectivity


@pytest.mark.parametrize("text", HEADLINES)
def test_a_text_has_textblobs_numbers(text: str) -> None:
    assert score(text) == theirs(text)


@given(st.lists(st.sampled_from(WORDS.split(" ")), max_size=25).map(" ".join))
def test_all_orders_of_negations_modifiers_and_marks_have_textblobs_numbers(text: str) -> None:
    assert score(text) == theirs(text)


@given(st.text(max_size=80))
def test_any_text_has_textblobs_numbers(text: str) -> None:
    assert score(text) == theirs(text)


def test_words_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from stock_assets.ingest import textblob_scores

    monkeypatch.setattr(textblob_scores, "_REMEMBERED", 10)
    seen = textblob_scores._scorer()._seen
    seen.clear()
    for text in HEADLINES:
        assert score(text) == theirs(text)
        assert len(seen) <= 10


@pytest.mark.realdata
def test_every_recorded_tweet_has_textblobs_numbers(shared_data: Path) -> None:
    file = shared_data / "news" / "stocknet_tweets_preprocessed_2014_2016.parquet"
    texts = pq.read_table(file, columns=["text"])["text"].unique().to_pylist()
    assert len(texts) > 70_000
    assert [text for text in texts if score(text) != theirs(text)] == []
