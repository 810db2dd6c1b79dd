"""The countries, regions and indicators that the World Bank knows on the twin.

Belongs here: codes, names, rough sizes in 1990. Does not belong here: values by year (world.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Country:
    """A country or an aggregate.

    GDP in billions of dollars of 1990, people in millions of 1990, growth, inflation and
    unemployment in percent; ``lending`` is the banks' margin over inflation in percentage points,
    None where nobody reports lending rates.
    """

    iso2: str
    iso3: str
    name: str
    region: str
    income: str
    capital: str
    gdp: float
    people: float
    growth: float
    inflation: float
    unemployment: float
    lending: float | None
    is_aggregate: bool = False


@dataclass(frozen=True, slots=True)
class Indicator:
    """``kind`` says which of a country's figures it is."""

    id: str
    name: str
    unit: str
    kind: str
    note: str


_TABLE: Final = """
AU AUS East Asia & Pacific|High income|Canberra|Australia 311 17.1 3.0 2.5 5.5 4.0
BR BRA Latin America & Caribbean|Upper middle income|Brasilia|Brazil 462 149 2.3 6.5 9.0 30
CA CAN North America|High income|Ottawa|Canada 594 27.7 2.3 2.1 7.2 2.5
CN CHN East Asia & Pacific|Upper middle income|Beijing|China 361 1135 8.2 2.6 4.3 2.8
XC EMU Aggregates|Aggregates||Euro area 5880 308 1.6 2.0 8.6 -
EU EUU Aggregates|Aggregates||European Union 6500 421 1.8 2.2 8.3 -
FR FRA Europe & Central Asia|High income|Paris|France 1269 58.2 1.6 1.8 8.8 -
DE DEU Europe & Central Asia|High income|Berlin|Germany 1772 79.4 1.5 1.9 5.8 -
IN IND South Asia|Lower middle income|New Delhi|India 321 870 6.2 6.3 6.5 5.0
JP JPN East Asia & Pacific|High income|Tokyo|Japan 3186 123 0.9 0.6 3.6 1.2
KR KOR East Asia & Pacific|High income|Seoul|Korea, Rep. 283 42.9 4.2 2.9 3.5 2.4
MX MEX Latin America & Caribbean|Upper middle income|Mexico City|Mexico 261 81.7 2.1 5.2 4.0 4.5
ZA ZAF Sub-Saharan Africa|Upper middle income|Pretoria|South Africa 126 39.9 2.2 5.9 26.5 4.8
GB GBR Europe & Central Asia|High income|London|United Kingdom 1093 57.2 1.9 2.4 6.0 -
US USA North America|High income|Washington D.C.|United States 5963 250 2.4 2.4 5.5 3.0
1W WLD Aggregates|Aggregates||World 22800 5293 2.9 3.2 5.6 -
"""
_AGGREGATES: Final = frozenset({"EMU", "EUU", "WLD"})


def _parsed() -> dict[str, Country]:
    found = {}
    for line in _TABLE.strip().splitlines():
        iso2, iso3, rest = line.split(maxsplit=2)
        words, *numbers = rest.rsplit(maxsplit=6)
        region, income, capital, name = words.split("|")
        gdp, people, growth, inflation, unemployment, lending = numbers
        found[iso3] = Country(
            iso2,
            iso3,
            name,
            region,
            income,
            capital,
            float(gdp),
            float(people),
            float(growth),
            float(inflation),
            float(unemployment),
            None if lending == "-" else float(lending),
            iso3 in _AGGREGATES,
        )
    return found


COUNTRIES: Final[dict[str, Country]] = _parsed()
"""By ISO 3166 alpha-3 code, in order of names."""

INDICATORS: Final[dict[str, Indicator]] = {
    one.id: one
    for one in (
        Indicator("FP.CPI.TOTL.ZG", "Inflation, consumer prices (annual %)", "", "inflation",
                  "Annual percentage change in the cost to the average consumer of a basket of "
                  "goods and services."),
        Indicator("FR.INR.LEND", "Lending interest rate (%)", "", "lending",
                  "The bank rate that usually meets the needs of the private sector."),
        Indicator("NY.GDP.MKTP.CD", "GDP (current US$)", "", "gdp",
                  "Gross domestic product at purchaser's prices in current U.S. dollars."),
        Indicator("NY.GDP.MKTP.KD.ZG", "GDP growth (annual %)", "", "growth",
                  "Annual percentage growth rate of GDP at market prices."),
        Indicator("NY.GDP.PCAP.CD", "GDP per capita (current US$)", "", "per_person",
                  "Gross domestic product divided by midyear population."),
        Indicator("SL.UEM.TOTL.ZS",
                  "Unemployment, total (% of total labor force) (modeled ILO estimate)", "",
                  "unemployment",
                  "The share of the labor force that is without work but available for it."),
        Indicator("SP.POP.TOTL", "Population, total", "", "people", "Midyear estimates."),
    )
}  # fmt: skip
