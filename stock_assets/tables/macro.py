"""What is published about the economy, with every vintage.

Belongs here: observations of series, the dates of their releases.
Does not belong here: which vintage counts at an instant (dbt_project/models).
"""

from __future__ import annotations

from stock_assets.tables.bounds import ANYTHING
from stock_assets.tables.declaration import Column, Table

MACRO = Table(
    name="macro",
    grain="one row per vendor, series, country, period and vintage",
    columns=(
        Column("vendor", "string", "who said so: fred, world_bank, alpha_vantage"),
        Column("series", "string", "the vendor's id of the series, such as UNRATE"),
        Column("country", "string", "ISO 3166 alpha-3 code, or the vendor's code of a region"),
        Column("period_start", "date", "first day of the period; of FRED's weekly series the last"),
        Column("vintage_on", "date", "day from which on the vendor says this value"),
        Column("frequency", "string", "length of a period", one_of=("D", "W", "M", "Q", "A")),
        Column(
            "value",
            "double",
            "the value; missing where the vendor says missing",
            nullable=True,
            at_least=-ANYTHING,
            at_most=ANYTHING,
        ),
        Column("unit", "string", "as the vendor names it", nullable=True),
    ),
    key=("vendor", "series", "country", "period_start", "vintage_on"),
)

MACRO_RELEASES = Table(
    name="macro_releases",
    grain="one row per vendor, release and day on which it is due or was published",
    columns=(
        Column("vendor", "string", "who said so: fred"),
        Column("release", "string", "the vendor's id of the release"),
        Column("released_on", "date", "day of publication, in New York"),
        Column("name", "string", "what is published", nullable=True),
    ),
    key=("vendor", "release", "released_on"),
)
