"""The words of the generated news, by how good they sound.

Belongs here: what headlines and summaries are put together from. Whoever knows these lists can
tell an article's level from its words, so that the mood is public in full; a word list such as
TextBlob's, or one for finance, hears most of it. Does not belong here: who says what when
(news.py).

``{name}`` is a company, ``{area}`` something its sector deals with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

HEADLINES: Final[dict[int, tuple[str, ...]]] = {
    2: (
        "{name} beats expectations with excellent results in {area}",
        "{name} raises its outlook after outstanding growth in {area}",
        "Analysts upgrade {name}, impressed by superb demand in {area}",
        "{name} wins its best contract in years: {area}",
        "{name} enjoys great success and record profit in {area}",
        "{name} delivers an impressive rebound in {area}",
        "{name} gains on brilliant progress in {area}",
        "Excellent sales in {area} let {name} reward its delighted owners",
    ),
    1: (
        "{name} sees good demand in {area}",
        "{name} reports nice gains in {area}",
        "{name} makes good progress in {area}",
        "Positive surprise for {name} as {area} improves",
        "{name} is confident about better margins in {area}",
        "{name} extends a successful partnership in {area}",
        "Healthy orders in {area} strengthen {name}",
        "{name} achieves better efficiency in {area}",
    ),
    0: (
        "{name} to speak about {area} at a conference",
        "{name} sets the date of its meeting of shareholders",
        "What to watch at {name}: {area}",
        "{name} names a head of {area}",
        "{name} files its report on {area}",
        "How {name} organises {area}",
        "{name} opens an office for {area}",
        "Five questions to {name} about {area}",
    ),
    -1: (
        "{name} sees weak demand in {area}",
        "{name} warns of slow sales in {area}",
        "{name} faces a difficult quarter in {area}",
        "Negative surprise for {name} as {area} declines",
        "{name} delays a project after poor tests in {area}",
        "{name} loses share to rivals, concerned about {area}",
        "Unhappy customers in {area} complain about {name}",
        "{name} misses a deadline, a sad note for {area}",
    ),
    -2: (
        "{name} misses expectations with terrible results in {area}",
        "{name} cuts its outlook after an awful quarter in {area}",
        "Analysts downgrade {name}, alarmed by horrible losses in {area}",
        "{name} suffers its worst decline in years in {area}",
        "{name} faces an investigation over bad failures in {area}",
        "Dreadful losses in {area} hurt {name}",
        "{name} recalls products after a terrible failure in {area}",
        "{name} sued for fraud after disastrous sales in {area}",
    ),
}

SUMMARIES: Final[dict[int, tuple[str, ...]]] = {
    2: (
        "Management called the figures excellent, and analysts see outstanding opportunities.",
        "It was the best quarter in years, with great demand and impressive profitability.",
        "Customers are delighted, orders exceeded all plans, and the strongest gains lie ahead.",
        "Profit surged, and the company enjoys superb momentum, people close to it said.",
    ),
    1: (
        "Orders were good, and margins improved a little more than planned.",
        "The company is confident that it will gain share this year.",
        "Demand is healthy, and analysts speak of good progress.",
        "Results were better than feared, a nice achievement in this business.",
    ),
    0: (
        "The company gave no figures and did not change its guidance.",
        "A spokesman repeated the schedule and said that details would follow.",
        "The filing lists the items of the year and describes the organisation.",
        "The talk can be followed over the internet.",
    ),
    -1: (
        "Orders were weak, and margins declined beyond what was planned.",
        "The company is afraid to lose share this year, which worries its owners.",
        "Demand is poor, and analysts speak of unfortunate delays.",
        "Results were worse than hoped, a setback in a difficult business.",
    ),
    -2: (
        "Management called the figures terrible, and analysts fear severe losses and layoffs.",
        "It was the worst quarter in years, with awful demand and heavy impairments.",
        "Customers are angry, orders were cancelled, and the most painful losses lie ahead.",
        "Profit collapsed, and the company is in a horrible crisis, people close to it said.",
    ),
}

DETAILS: Final = (
    "{name} spoke about {area} on the occasion.",
    "The news concerns {area}, which accounts for {share} % of the sales of {name}.",
    "{name} employs {staff} people in {area}.",
    "In {area}, {name} competes with {rivals} others.",
)

SEVERAL: Final = "{headline}; {others} in the same business"
AFTER_A_MOVE: Final = "After a move of {move:.1f} %: {headline}"
CORRECTED: Final = "Update: {headline}"

AREAS: Final[dict[str, tuple[str, ...]]] = {
    "Communication Services": ("streaming", "advertising", "broadband", "mobile plans", "games"),
    "Consumer Discretionary": ("online retail", "restaurants", "footwear", "cars", "home repair"),
    "Consumer Staples": ("beverages", "groceries", "household goods", "snacks", "warehouses"),
    "Energy": ("refining", "shale gas", "offshore drilling", "pipelines", "lubricants"),
    "Financials": ("cards", "lending", "insurance", "asset management", "payments"),
    "Health Care": ("vaccines", "oncology", "medical devices", "generic drugs", "care plans"),
    "Industrials": ("aircraft", "freight", "turbines", "automation", "machinery"),
    "Information Technology": ("chips", "cloud software", "databases", "phones", "networking"),
    "Materials": ("industrial gases", "coatings", "plastics", "hydrogen", "fertiliser"),
    "Real Estate": ("cell towers", "logistics parks", "data centres", "rents", "offices"),
    "Utilities": ("wind farms", "grids", "gas networks", "nuclear plants", "storage"),
}


def all_phrases() -> Iterator[str]:
    """Every text that articles are put together from, areas and names left aside."""
    for bank in (*HEADLINES.values(), *SUMMARIES.values(), DETAILS):
        yield from bank
    yield from (SEVERAL, AFTER_A_MOVE, CORRECTED, " and ")
