"""How articles sound: which text is judged, and as of when it is known."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.errors import ConfigError
from stock_assets.ingest import financial_lexicon, textblob_scores
from stock_assets.ingest.sentiment import LEXICONS, news_sentiment, scores
from stock_assets.tables import NEWS, NEWS_SENTIMENT

AT = datetime(2026, 11, 19, 15, tzinfo=UTC)
GOOD, BAD = "Apple beats expectations, excellent results", "Apple faces a terrible lawsuit"


def article(number: int, headline: str = GOOD, **changes: Any) -> dict[str, Any]:
    given = {
        "vendor": "finnhub",
        "article_id": str(number),
        "symbol": "AAPL",
        "published_at": AT,
        "headline": headline,
        "summary": "Awful words that do not count.",
        "story_id": "s",
        "known_at": AT,
    }
    return given | changes


def news(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=NEWS.row_schema)


@pytest.mark.parametrize("lexicon", LEXICONS)
def test_each_headline_has_its_word_lists_scores(lexicon: str) -> None:
    module = {"textblob": textblob_scores, "financial": financial_lexicon}[lexicon]
    texts = [GOOD, BAD, GOOD, ""]
    found = scores(texts, lexicon)
    assert found.shape == (4, 2)
    assert found.tolist() == [list(module.score(text)) for text in texts]
    assert found[0, 0] > 0 > found[1, 0]
    assert scores([], lexicon).shape == (0, 2)


def test_a_row_says_which_text_was_judged_by_what_and_when_it_was_known() -> None:
    found = news_sentiment(news(article(1)))
    assert found.schema == NEWS_SENTIMENT.row_schema
    polarity, subjectivity = textblob_scores.score(GOOD)
    assert found.to_pylist() == [
        {
            "vendor": "finnhub",
            "article_id": "1",
            "lexicon": "textblob",
            "text_sha256": hashlib.sha256(GOOD.encode()).hexdigest(),
            "polarity": polarity,
            "subjectivity": subjectivity,
            "known_at": AT,
        }
    ]


def test_an_article_about_several_companies_is_judged_once() -> None:
    found = news_sentiment(news(article(1), article(1, symbol="MSFT"), article(2, BAD)))
    assert found["article_id"].to_pylist() == ["1", "2"]


def test_d23_an_edited_headline_is_judged_anew_from_when_it_was_known() -> None:
    later = AT + timedelta(days=1)
    found = news_sentiment(news(article(1, BAD, known_at=later), article(1), article(1)))
    assert found["known_at"].to_pylist() == [AT, later]
    assert np.sign(found["polarity"].to_numpy()).tolist() == [1.0, -1.0]


def test_no_news_have_no_sentiment_and_unknown_lists_are_refused() -> None:
    empty = NEWS.row_schema.empty_table()
    for lexicon in LEXICONS:
        assert news_sentiment(empty, lexicon).equals(NEWS_SENTIMENT.row_schema.empty_table())
    with pytest.raises(ConfigError, match="choose one of textblob, financial"):
        news_sentiment(empty, "vader")


def test_scores_stay_within_the_tables_bounds(rng: np.random.Generator) -> None:
    words = [*financial_lexicon.lexicon(), "very", "not", "extremely", "good", "worst", "!"]
    texts = [" ".join(rng.choice(words, size=12)) for _ in range(500)]
    for lexicon in LEXICONS:
        found = scores(texts, lexicon)
        assert np.abs(found[:, 0]).max() <= 1
        assert found[:, 1].min() >= 0
        assert found[:, 1].max() <= 1
