"""What is made of collected news in Python: how it sounds.

Belongs here: the sentiment of articles. Does not belong here: word lists (ingest/sentiment.py),
daily summaries (dbt_project/).
"""

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.assets.exhibits import bar_chart, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.ingest.sentiment import news_sentiment as judged
from stock_assets.lake import Lake, LoadSource
from stock_assets.partitions import day_partitions, days_of
from stock_assets.settings import Settings
from stock_assets.tables import NEWS, NEWS_SENTIMENT

if TYPE_CHECKING:
    import pyarrow as pa

FEED: Final = "news_sentiment"
OURSELVES: Final = "stock_assets"
_STEPS: Final = 8


@dg.asset(
    key=["news_sentiment"],
    group_name="news",
    owners=("team:data",),
    kinds={"python", "textblob", "deltalake"},
    partitions_def=day_partitions(),
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[["raw", "finnhub_news"], ["raw", "newsapi_news"], ["raw", "polygon_news"]],
)
def news_sentiment(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
) -> dg.MaterializeResult[None]:
    """Polarity and subjectivity of each headline, by the word list of STOCK_ASSETS_LEXICON.

    One row per vendor, article and word list; an article about several companies is judged once.
    """
    days = days_of(context)
    after = days[-1] + timedelta(days=1)
    where = (
        f"published_at >= timestamptz '{days[0]} 00:00+00' "
        f"and published_at < timestamptz '{after} 00:00+00'"
    )
    with as_dagster_failures():
        news = lake.read(NEWS, where=where)
        rows = judged(news, settings.lexicon)
        stored = lake.append(NEWS_SENTIMENT, rows, LoadSource(feed=FEED, vendor=OURSELVES))
    return dg.MaterializeResult(
        metadata=_look(rows)
        | {
            "dagster/row_count": lake.count(NEWS_SENTIMENT),
            "articles": rows.num_rows,
            "rows new": stored.appended,
            "rows restated": stored.restated,
            "word list": settings.lexicon,
        }
    )


def _look(rows: "pa.Table") -> dict[str, Any]:
    """How polarity is spread, and the first rows."""
    import numpy as np

    if rows.num_rows == 0:
        return {}
    edges = np.linspace(-1.0, 1.0, _STEPS + 1)
    counts, _ = np.histogram(rows["polarity"].to_numpy(), bins=edges)
    names = [f"{low:+.2f} … {high:+.2f}" for low, high in pairwise(edges)]
    shown = ("vendor", "article_id", "polarity", "subjectivity", "known_at")
    return {
        "preview": preview(rows, shown),
        "mean polarity": float(np.mean(rows["polarity"].to_numpy())),
        "picture": bar_chart("Polarity of headlines", names, counts.tolist(), unit="articles"),
    }
