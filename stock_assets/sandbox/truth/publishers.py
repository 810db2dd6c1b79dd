"""Who writes the generated news: invented publishers on domains that nobody can own.

Belongs here: names, domains, how their addresses look. Does not belong here: what they write
(phrases.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Publisher:
    """``code`` is NewsAPI's id of the source, None for most; ``address`` makes a story's URL.

    ``rank`` is its popularity, 0 the most popular.
    """

    name: str
    code: str | None
    domain: str
    address: str
    rank: int

    def url(self, slug: str, number: int) -> str:
        """Where the story stands, without any tracking."""
        return f"https://{self.domain}" + self.address.format(slug=slug, number=number)


PUBLISHERS: Final = (
    Publisher("Meridian Wire", "meridian-wire", "www.meridianwire.example",
              "/business/{slug}-{number}", 0),
    Publisher("The Harbor Journal", "the-harbor-journal", "harborjournal.example",
              "/articles/{slug}-{number}", 1),
    Publisher("Market Courier", None, "www.marketcourier.example", "/story/{slug}-{number}", 2),
    Publisher("Ledger Daily", "ledger-daily", "ledgerdaily.example", "/read?id={number}", 3),
    Publisher("Tape & Ticker", None, "www.tapeandticker.example", "/news/{number}/{slug}.html", 4),
    Publisher("Bellwether", None, "bellwether.example", "/{slug}-{number}/", 5),
    Publisher("Investor Almanac", None, "www.investoralmanac.example", "/{number}/{slug}/", 6),
    Publisher("Newsline Direct", None, "newslinedirect.example", "/releases/{number}", 7),
)  # fmt: skip

AUTHORS: Final = (
    "Ada Lindqvist",
    "Ben Okafor",
    "Clara Weiss",
    "Dev Raman",
    "Elif Aydin",
    "Frank Moreau",
    "Grace Tan",
)
