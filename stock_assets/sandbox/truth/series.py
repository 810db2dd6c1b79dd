"""What each series is: title, frequency, units, the release that brings it.

Belongs here: words about series, in FRED's wording. Does not belong here: their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from stock_assets.sandbox.truth.measured import MEASURED

Frequency = Literal["D", "W", "M", "Q"]


@dataclass(frozen=True, slots=True)
class Series:
    """One series in FRED's words; values are written with ``decimals`` digits."""

    id: str
    title: str
    frequency: str
    frequency_short: Frequency
    units: str
    units_short: str
    adjusted: Literal["SA", "NSA", "SAAR"]
    release: int
    decimals: int
    popularity: int


_FREQUENCIES: Final[dict[str, tuple[str, Frequency]]] = {
    "D": ("Daily", "D"),
    "D7": ("Daily, 7-Day", "D"),
    "WS": ("Weekly, Ending Saturday", "W"),
    "WT": ("Weekly, Ending Thursday", "W"),
    "M": ("Monthly", "M"),
    "Q": ("Quarterly", "Q"),
}
ADJUSTMENTS: Final = {
    "SA": "Seasonally Adjusted",
    "NSA": "Not Seasonally Adjusted",
    "SAAR": "Seasonally Adjusted Annual Rate",
}

_TABLE: Final = """
UNRATE|M|SA|50|94|Percent|%|Unemployment Rate
PAYEMS|M|SA|50|84|Thousands of Persons|Thous. of Persons|All Employees, Total Nonfarm
CPIAUCSL|M|SA|10|94|Index 1982-1984=100|Index 1982-1984=100|Consumer Price Index for All Urban \
Consumers: All Items in U.S. City Average
CPIAUCNS|M|NSA|10|71|Index 1982-1984=100|Index 1982-1984=100|Consumer Price Index for All Urban \
Consumers: All Items in U.S. City Average
GDP|Q|SAAR|53|93|Billions of Dollars|Bil. of $|Gross Domestic Product
GDPC1|Q|SAAR|53|92|Billions of Chained 2017 Dollars|Bil. of Chn. 2017 $|Real Gross Domestic Product
A191RL1Q225SBEA|Q|SAAR|53|83|Percent Change from Preceding Period|% Chg. from Preceding Period|\
Real Gross Domestic Product
A939RX0Q048SBEA|Q|SAAR|53|76|Chained 2017 Dollars|Chn. 2017 $|Real gross domestic product per capita
INDPRO|M|SA|13|80|Index 2017=100|Index 2017=100|Industrial Production: Total Index
PCEPI|M|SA|54|77|Index 2017=100|Index 2017=100|Personal Consumption Expenditures: Chain-type Price \
Index
RSAFS|M|SA|9|72|Millions of Dollars|Mil. of $|Advance Retail Sales: Retail Trade and Food Services
DGORDER|M|SA|95|66|Millions of Dollars|Mil. of $|Manufacturers' New Orders: Durable Goods
UMCSENT|M|NSA|91|81|Index 1966:Q1=100|Index 1966:Q1=100|University of Michigan: Consumer Sentiment
ICSA|WS|SA|180|82|Number|Number|Initial Claims
FEDFUNDS|M|NSA|18|95|Percent|%|Federal Funds Effective Rate
DFF|D7|NSA|18|85|Percent|%|Federal Funds Effective Rate
DFEDTARU|D7|NSA|101|80|Percent|%|Federal Funds Target Range - Upper Limit
DFEDTARL|D7|NSA|101|69|Percent|%|Federal Funds Target Range - Lower Limit
DGS3MO|D|NSA|18|70|Percent|%|Market Yield on U.S. Treasury Securities at 3-Month Constant \
Maturity, Quoted on an Investment Basis
DGS2|D|NSA|18|84|Percent|%|Market Yield on U.S. Treasury Securities at 2-Year Constant \
Maturity, Quoted on an Investment Basis
DGS5|D|NSA|18|77|Percent|%|Market Yield on U.S. Treasury Securities at 5-Year Constant \
Maturity, Quoted on an Investment Basis
DGS7|D|NSA|18|60|Percent|%|Market Yield on U.S. Treasury Securities at 7-Year Constant \
Maturity, Quoted on an Investment Basis
DGS10|D|NSA|18|95|Percent|%|Market Yield on U.S. Treasury Securities at 10-Year Constant \
Maturity, Quoted on an Investment Basis
DGS30|D|NSA|18|79|Percent|%|Market Yield on U.S. Treasury Securities at 30-Year Constant \
Maturity, Quoted on an Investment Basis
T10Y2Y|D|NSA|304|99|Percent|%|10-Year Treasury Constant Maturity Minus 2-Year Treasury Constant \
Maturity
MORTGAGE30US|WT|NSA|190|93|Percent|%|30-Year Fixed Rate Mortgage Average in the United States
"""


def _parsed() -> dict[str, Series]:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, often, adjusted, release, popularity, units, short, title = line.split("|")
        frequency, frequency_short = _FREQUENCIES[often]
        found[name] = Series(
            name,
            title,
            frequency,
            frequency_short,
            units,
            short,
            adjusted,  # type: ignore[arg-type]
            int(release),
            _decimals(name),
            int(popularity),
        )
    return found


def _decimals(name: str) -> int:
    if name in MEASURED:
        return max(0, MEASURED[name].decimals)
    return {"A191RL1Q225SBEA": 1, "A939RX0Q048SBEA": 0}.get(name, 2)


SERIES: Final[dict[str, Series]] = _parsed()
