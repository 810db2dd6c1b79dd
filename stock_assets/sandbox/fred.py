"""FRED and ALFRED as their clients see them: keys, limits, paths.

Belongs here: who may ask, and where each path leads. Does not belong here: observations
(fred_observations.py), series and releases (fred_catalogue.py), parameters (fred_query.py).
"""

from __future__ import annotations

from typing import Final

from stock_assets.sandbox import fred_catalogue as catalogue
from stock_assets.sandbox.fred_observations import observations
from stock_assets.sandbox.fred_query import FRED_FREE, FRED_FREE_KEY, check_key
from stock_assets.sandbox.fred_words import Body, Refused, refusal, written
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.releases import RELEASES
from stock_assets.sandbox.wire import Answer, Ask

FILE_TYPES: Final = ("json", "xml")


class Fred:
    """Answers what is asked of ``api.stlouisfed.org``, as far as it is public at that instant."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._seed, self._limits = truth.seed, limits

    def answer(self, ask: Ask) -> Answer:
        """One response, in XML unless JSON is asked for."""
        file_type = ask.query.get("file_type", "xml")
        try:
            self._admit(ask, file_type)
            return written(self._body(ask), file_type)
        except Refused as refused:
            return refusal(refused.message, refused.status, file_type)

    def _admit(self, ask: Ask, file_type: str) -> None:
        """File type, key and rate.

        Raises:
            Refused: when one of them is not right.
        """
        if file_type not in FILE_TYPES:
            raise Refused('Bad Request.  Variable file_type is not one of "xml", "json".')
        key = check_key(ask.query)
        if key == FRED_FREE_KEY and not self._limits.allows(f"fred {key}", FRED_FREE):
            raise Refused("Too Many Requests.  Exceeded Rate Limit", 429)

    def _body(self, ask: Ask) -> Body:
        query, now = ask.query, ask.now
        published = economy(self._seed)
        path = ask.path.rstrip("/")
        if path.startswith("/fred/series"):
            series = catalogue.series_asked(query)
            known = published.series(series.id).known(now)
            match path:
                case "/fred/series":
                    return catalogue.description(known, series, query, now)
                case "/fred/series/observations":
                    return observations(known, series, query, now)
                case "/fred/series/vintagedates":
                    return catalogue.vintage_dates(known, query, now)
                case "/fred/series/release":
                    return catalogue.releases([RELEASES[series.release]], query, now)
        match path:
            case "/fred/releases":
                return catalogue.releases(list(RELEASES.values()), query, now)
            case "/fred/releases/dates":
                return catalogue.all_release_dates(published, query, now)
            case "/fred/release":
                return catalogue.releases([catalogue.release_asked(query)], query, now)
            case "/fred/release/dates":
                release = catalogue.release_asked(query)
                return catalogue.release_dates(published, release, query, now)
        raise Refused("Not Found.  The path is not one of FRED's.", 404)
