"""The economy as it is published: every series with every vintage, every release with its dates.

Belongs here: putting levels, rates and releases together, once per seed. Does not belong here:
how any vendor shows them (fred.py, alpha_vantage.py, world_bank.py), the numbers themselves.

Days of publication are New York days, instants are UTC. Equal seeds give equal values, whatever
the horizon.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache

from stock_assets import market
from stock_assets.sandbox.truth import releases
from stock_assets.sandbox.truth.levels import Levels, levels
from stock_assets.sandbox.truth.measured import MEASURED, growth, measured, per_person
from stock_assets.sandbox.truth.rates import RATE_NAMES, rates
from stock_assets.sandbox.truth.releases import Issues
from stock_assets.sandbox.truth.vintages import Vintages


class Economy:
    """The American economy of one seed, published until ``last``. Built when first asked for."""

    def __init__(self, seed: int, last: date) -> None:
        self.seed, self.last = seed, last
        self._built: dict[str, Vintages] = {}
        self._issues: dict[int, Issues] = {}

    def series(self, name: str) -> Vintages:
        """All vintages of a series, also those of the future.

        Raises:
            KeyError: when ``name`` is not in ``SERIES``.
        """
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def issues(self, release: int) -> Issues:
        """Every issue of a release of ``RELEASES``, also those of the future."""
        if release not in self._issues:
            self._issues[release] = releases.issues(release, self.last)
        return self._issues[release]

    @cached_property
    def levels(self) -> Levels:
        """What is true, before anybody measures it."""
        return levels(self.seed)

    @cached_property
    def _rates(self) -> dict[str, Vintages]:
        return rates(self.seed, self.last)

    def _build(self, name: str) -> Vintages:
        if name in RATE_NAMES:
            return self._rates[name]
        if name in MEASURED:
            return measured(self.seed, name, self.levels, self.last)
        if name == "A191RL1Q225SBEA":
            return growth(self.series("GDPC1"))
        if name != "A939RX0Q048SBEA":
            raise KeyError(name)
        return per_person(self.series("GDPC1"), self.levels)


def economy(seed: int) -> Economy:
    """The economy of a seed, until the end of the exchange's calendar."""
    return _economy(seed, market.calendar().days[-1])


@lru_cache(maxsize=4)
def _economy(seed: int, last: date) -> Economy:
    return Economy(seed, last)
