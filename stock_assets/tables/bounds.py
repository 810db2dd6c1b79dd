"""How large a number of each kind can be: what is larger is a mistake, not news.

Belongs here: bounds that several columns share, each far above anything ever seen, and why.
Does not belong here: which column has which (the tables); how likely a value is (checks/).
"""

from __future__ import annotations

from typing import Final

SHARE_USD: Final = 1e7
"""A share of Berkshire Hathaway, the dearest there is, costs not yet a million."""
SHARES: Final = 1e12
"""All US exchanges together trade some 10^10 shares on a busy day."""
SPLIT: Final = 1e6
"""Companies that go private have made one share of some hundred thousands, never of a million."""
POINTS: Final = 1e7
"""The highest indices of the world stand at some hundred thousands."""
PER_USD: Final = 1e9
"""Of no currency that is traded freely does a dollar buy more than some millions."""
COMPANY_USD: Final = 1e15
"""Ten times the yearly output of the whole world; the largest company is worth some 10^12."""
STATE_USD: Final = 1e15
"""The same of a state; the debt of the United States is some 10^13."""
PE_RATIO: Final = 1e9
"""The dearest share over earnings of a cent."""
DIVIDENDS_PERCENT: Final = 1e5
"""A thousand times the price in one year: companies that are wound up pay out many times theirs."""
RATE_PERCENT: Final = 100.0
"""Treasury securities have paid up to seventeen percent, and somewhat below nothing."""
BID_TO_COVER: Final = 1e4
"""Auctions are asked for twice or three times over; tiny ones a hundred times."""
ANYTHING: Final = 1e20
"""Series of any unit: outputs of states in their own money, where that is worth least, are some
10^17."""
