"""Which requests fetch what is missing, with as few of them as possible.

Belongs here: pure planning. A range request brings one symbol over any span; a grouped day brings
every symbol on one day, where the vendor has such a thing.
Does not belong here: sending them, or knowing what is missing (ingest/).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from stock_assets.market import check_symbol


@dataclass(frozen=True, slots=True)
class RangeRequest:
    """One symbol from ``first`` to ``last``, both included."""

    symbol: str
    first: date
    last: date

    def between(self, first: date, last: date) -> RangeRequest:
        """The same symbol over another span."""
        return replace(self, first=first, last=last)

    def __str__(self) -> str:
        span = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.symbol} {span}"


@dataclass(frozen=True, slots=True)
class GroupedDay:
    """All symbols on one day."""

    day: date

    @property
    def first(self) -> date:
        """The day."""
        return self.day

    @property
    def last(self) -> date:
        """The day."""
        return self.day

    def between(self, _first: date, _last: date) -> GroupedDay:
        """Itself: a day is not cut."""
        return self

    def __str__(self) -> str:
        return f"all symbols {self.day}"


def plan_requests(
    missing: Mapping[str, Collection[date]], *, grouped_available: bool
) -> tuple[RangeRequest | GroupedDay, ...]:
    """The fewest requests that bring every missing key, days first, each in order.

    Each missing key (symbol, day) must be met by its symbol's range or by its day: the fewest
    requests are a minimum vertex cover of the graph of missing keys (König's theorem). Where both
    ways need as many requests, ranges are preferred: their answers are smaller.
    """
    wanted = {check_symbol(s): frozenset(days) for s, days in missing.items() if days}
    grouped = _days_to_group(wanted) if grouped_available else frozenset()
    ranges = []
    for symbol, days in sorted(wanted.items()):
        left = days - grouped
        if left:
            ranges.append(RangeRequest(symbol, min(left), max(left)))
    return (*(GroupedDay(day) for day in sorted(grouped)), *ranges)


def _days_to_group(wanted: Mapping[str, frozenset[date]]) -> frozenset[date]:
    """The days in a minimum vertex cover that holds as many symbols as possible."""
    if len(wanted) < 2:
        return frozenset()
    symbol_of = _matching(wanted)
    matched = set(symbol_of.values())
    reached = {symbol for symbol in wanted if symbol not in matched}
    days: set[date] = set()
    waiting = deque(reached)
    while waiting:
        for day in wanted[waiting.popleft()] - days:
            days.add(day)
            symbol = symbol_of[day]
            if symbol not in reached:
                reached.add(symbol)
                waiting.append(symbol)
    return frozenset(days)


def _matching(wanted: Mapping[str, frozenset[date]]) -> dict[date, str]:
    """A maximum matching of symbols to missing days, by augmenting paths (breadth first)."""
    symbol_of: dict[date, str] = {}
    for start in wanted:
        came_from: dict[date, str] = {}
        day_of: dict[str, date] = {}
        waiting = deque([start])
        free: date | None = None
        while waiting and free is None:
            symbol = waiting.popleft()
            for day in wanted[symbol]:
                if day in came_from:
                    continue
                came_from[day] = symbol
                if day not in symbol_of:
                    free = day
                    break
                day_of[symbol_of[day]] = day
                waiting.append(symbol_of[day])
        while free is not None:
            symbol = came_from[free]
            symbol_of[free], free = symbol, day_of.get(symbol)
    return symbol_of
