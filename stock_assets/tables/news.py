"""What was written about companies, and how it sounds.

Belongs here: articles by company, sentiment scores. Does not belong here: daily summaries of them
(dbt_project/models).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Table

NEWS = Table(
    name="news",
    grain="one row per vendor, article, company and version of the article",
    columns=(
        Column("vendor", "string", "who said so: finnhub, newsapi, polygon"),
        Column("article_id", "string", "the vendor's id; where it has none, a hash of the address"),
        Column("symbol", "string", "canonical symbol of the company that it is about"),
        Column("published_at", "instant", "when it was published, as the vendor says", "UTC"),
        Column("headline", "string", "title"),
        Column("summary", "string", "first lines or description", nullable=True),
        Column("source", "string", "who wrote it, such as Reuters", nullable=True),
        Column("url", "string", "address without tracking parts; http or https", nullable=True),
        Column(
            "story_id", "string", "the same story at any vendor: hash of title and New York day"
        ),
    ),
    key=("vendor", "article_id", "symbol"),
)

NEWS_SENTIMENT = Table(
    name="news_sentiment",
    grain="one row per vendor, article, lexicon and version of its text",
    columns=(
        Column("vendor", "string", "whose article"),
        Column("article_id", "string", "the article's id at the vendor"),
        Column("lexicon", "string", "which word list judged: textblob, financial"),
        Column("text_sha256", "string", "SHA-256 of the text that was judged, in hex"),
        Column("polarity", "double", "from bad to good", at_least=-1, at_most=1),
        Column("subjectivity", "double", "from fact to opinion", at_least=0, at_most=1),
    ),
    key=("vendor", "article_id", "lexicon"),
)
