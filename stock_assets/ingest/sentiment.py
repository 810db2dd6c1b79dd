"""How articles sound: polarity and subjectivity of their headlines, by a word list of choice.

Belongs here: which text of an article is judged, each distinct text once, rows of NEWS_SENTIMENT.
Does not belong here: the word lists (textblob_scores.py, financial_lexicon.py), daily figures made
of the scores (dbt_project/models).

Headlines alone are judged: all vendors have them, while summaries are missing, cut or advertising,
each vendor in its own way. A score follows from the words alone, so that it could be known when
the article could.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

from stock_assets.errors import ConfigError
from stock_assets.ingest import financial_lexicon, textblob_scores
from stock_assets.tables import NEWS_SENTIMENT

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Lexicon = Literal["textblob", "financial"]
LEXICONS: Final[tuple[str, ...]] = get_args(Lexicon)

_IDENTITY: Final = ("vendor", "article_id", "headline")


def scores(texts: Sequence[str], lexicon: str = "textblob") -> NDArray[np.float64]:
    """Polarity (-1 … 1) and subjectivity (0 … 1) of each text. Shape ``(texts, 2)``.

    ``textblob``: the numbers of ``TextBlob(text).sentiment``, bit for bit. ``financial``: words of
    company news (financial_lexicon.csv). A text without any known word has 0 and 0.

    Raises:
        ConfigError: there is no such word list.
    """
    import numpy as np

    score = _scorer(lexicon)
    known = {text: score(text) for text in dict.fromkeys(texts)}
    return np.array([known[text] for text in texts], dtype=np.float64).reshape(len(texts), 2)


def news_sentiment(news: pa.Table, lexicon: str = "textblob") -> pa.Table:
    """Rows of NEWS_SENTIMENT for rows of NEWS, in the order of vendor, article and ``known_at``.

    An article about several companies is judged once, each wording of an edited one by itself;
    ``known_at`` is the first at which that wording was known.

    Raises:
        ConfigError: there is no such word list.
    """
    import pyarrow as pa

    wordings = news.group_by(list(_IDENTITY), use_threads=False).aggregate([("known_at", "min")])
    order = [(name, "ascending") for name in ("vendor", "article_id", "known_at_min", "headline")]
    wordings = wordings.sort_by(order)
    texts = wordings["headline"].to_pylist()
    judged = scores(texts, lexicon)
    return pa.table(
        [
            wordings["vendor"],
            wordings["article_id"],
            pa.repeat(pa.scalar(lexicon), len(texts)),
            pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts], pa.string()),
            pa.array(judged[:, 0]),
            pa.array(judged[:, 1]),
            wordings["known_at_min"],
        ],
        schema=NEWS_SENTIMENT.row_schema,
    )


def _scorer(lexicon: str) -> Callable[[str], tuple[float, float]]:
    match lexicon:
        case "textblob":
            return textblob_scores.score
        case "financial":
            return financial_lexicon.score
        case _:
            raise ConfigError(
                ascii(lexicon)[:42],
                reason="no such word list",
                next_action=f"choose one of {', '.join(LEXICONS)}",
            )
