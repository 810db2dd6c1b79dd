"""The market itself, one session after another: direction first, then size, then a bar in cents.

Belongs here: the loop over sessions (all symbols at once) and the order of cause and effect.
Does not belong here: who the companies are (companies.py), the edge's rule (edge.py), any vendor.

Order within a session, which is why nothing but ``probability_up`` tells the next direction:

1. probability of a rise, from what has traded so far and the mood of the session before;
2. direction, drawn with a common market factor (Gaussian copula: marginals stay exact);
3. size of the move, drawn without looking at the direction's luck; a slow pull towards the
   company's anchor makes moves towards it a little larger, never more likely;
4. close in whole cents, moved by a cent where rounding would undo the drawn direction, with the
   splits and dividends of the day counted in; then open, high, low; then volume.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from stock_assets.sandbox.truth import schedule as plan
from stock_assets.sandbox.truth.companies import Profile
from stock_assets.sandbox.truth.edge import LOOKBACK, probability_up
from stock_assets.sandbox.truth.luck import draw, stream
from stock_assets.sandbox.truth.model import Floats
from stock_assets.sandbox.truth.schedule import Schedule

MARKET_SHARE: Final = 0.1
"""Correlation of the latent normals of two stocks: how much they rise and fall together."""
PULL: Final = 0.12
ANCHOR_GROWTH: Final = 0.06 / 252
SESSIONS_TO_SPLIT: Final = plan.SPLIT_EFFECTIVE - plan.SPLIT_ANNOUNCED

Cents = npt.NDArray[np.int64]


class Happening(NamedTuple):
    """A split (``new`` for ``old``) or a dividend (``cents``) of a symbol, as session numbers."""

    symbol: int
    public: int
    session: int
    new: int = 1
    old: int = 1
    cents: int = 0
    special: bool = False


@dataclass(slots=True)
class History:
    """What came out; arrays of shape (sessions, symbols), prices in cents, 0 where no bar is."""

    open: Cents
    high: Cents
    low: Cents
    close: Cents
    volume: Cents
    probability: Floats
    splits: list[Happening] = field(default_factory=list)
    dividends: list[Happening] = field(default_factory=list)


class Simulation:
    """A market in motion. Use :func:`simulate`."""

    def __init__(
        self,
        *,
        seed: int,
        days: Sequence[date],
        half_days: npt.NDArray[np.bool_],
        profiles: Sequence[Profile],
        schedules: Sequence[Schedule],
        mood: Floats,
        strength: float,
    ) -> None:
        symbols = [profile.listing.symbol for profile in profiles]
        count = len(symbols)
        self.days, self.half_days, self.profiles = days, half_days, profiles
        self.schedules, self.mood, self.strength = schedules, mood, strength
        self.luck = draw(seed, symbols, len(days))
        self.trading = _trading(days, profiles)
        traits = [stream(seed, symbol, "traits").random(3) for symbol in symbols]
        level, calm, size = np.array(traits).T
        start = np.array([_start_price(p, u) for p, u in zip(profiles, level, strict=True)])
        self.usual_volatility = np.exp(np.log(0.011) + calm * np.log(0.020 / 0.011))
        self.usual_volume = np.exp(np.log(4e8) + size * np.log(10.0)) / start
        self.anchor = start.copy()
        self.close: Cents = np.round(start * 100).astype(np.int64)
        self.own_volatility = np.zeros(count)
        self.market_volatility = 0.0
        self.activity = np.zeros(count)
        self.returns = np.full((LOOKBACK, count), np.nan)
        self.volumes = np.full((LOOKBACK, count), np.nan)
        self.due: dict[int, list[Happening]] = defaultdict(list)
        self.decisions = _decisions(schedules)
        shape = (len(days), count)
        prices = [np.zeros(shape, dtype=np.int64) for _ in range(4)]
        self.history = History(
            open=prices[0],
            high=prices[1],
            low=prices[2],
            close=prices[3],
            volume=np.zeros(shape, dtype=np.int64),
            probability=np.full(shape, np.nan),
        )

    def run(self) -> History:
        """Trade every session."""
        for session in range(len(self.days)):
            self._trade(session)
            for kind, symbol in self.decisions.get(session, ()):
                self._decide(session, kind, symbol)
        return self.history

    def _trade(self, t: int) -> None:
        trading = self.trading[t]
        new, old, cash = self._events(t)
        # Before the first session there is no mood, nor a history that it could move.
        probability = probability_up(
            self.returns, self.volumes, self.mood[max(t - 1, 0)], self.strength
        )
        latent = (
            np.sqrt(MARKET_SHARE) * float(self.luck.market_direction[t])
            + np.sqrt(1.0 - MARKET_SHARE) * self.luck.direction[t]
        )
        up = ndtr(latent) < probability
        usual = self._volatility(t)
        size = usual * (0.08 + 0.95 * np.abs(self.luck.size[t]))
        fair = self.close * old / new
        pull = PULL * np.clip(np.log(self.anchor * 100.0 / fair), -1.5, 1.5)
        move = np.where(up, size * (1.0 + pull), -size * (1.0 - pull))
        close = _close_in_cents(fair * np.exp(move), self.close, new, old, cash, up)
        self._bar(t, trading, close, fair - cash, usual)
        self._volume(t, trading, size / usual, new / old)
        total = new * (close + cash) / (old * self.close) - 1.0
        warm = np.isfinite(self.returns).all(axis=0)
        self.history.probability[t] = np.where(trading & warm, probability, np.nan)
        self.returns[:-1, trading] = self.returns[1:, trading]
        self.returns[-1, trading] = total[trading]
        self.close = np.where(trading, close, self.close)

    def _events(self, t: int) -> tuple[Cents, Cents, Cents]:
        """New and old shares and cents paid per symbol; what meets a halt waits a session."""
        count = len(self.profiles)
        new, old = np.ones(count, dtype=np.int64), np.ones(count, dtype=np.int64)
        cash = np.zeros(count, dtype=np.int64)
        for event in self.due.pop(t, ()):
            if not self.trading[t, event.symbol]:
                self.due[t + 1].append(event)
                continue
            done = event._replace(session=t)
            if event.cents:
                cash[event.symbol] += event.cents
                self.history.dividends.append(done)
            else:
                new[event.symbol], old[event.symbol] = event.new, event.old
                self.anchor[event.symbol] *= event.old / event.new
                self.usual_volume[event.symbol] *= event.new / event.old
                self.history.splits.append(done)
        return new, old, cash

    def _volatility(self, t: int) -> Floats:
        self.own_volatility = 0.97 * self.own_volatility + 0.05 * self.luck.volatility[t]
        self.market_volatility = 0.98 * self.market_volatility + 0.04 * float(
            self.luck.market_volatility[t]
        )
        self.anchor *= 1.0 + ANCHOR_GROWTH
        usual: Floats = self.usual_volatility * np.exp(self.own_volatility + self.market_volatility)
        return usual

    def _bar(
        self, t: int, trading: npt.NDArray[np.bool_], close: Cents, before: Floats, usual: Floats
    ) -> None:
        luck, out = self.luck, self.history
        gap = 0.4 * np.log(close / before) + 0.35 * usual * luck.gap[t]
        opened = np.maximum(np.round(before * np.exp(gap)), 1).astype(np.int64)
        top = np.maximum(opened, close) * np.exp(0.4 * usual * np.abs(luck.above[t]))
        bottom = np.minimum(opened, close) * np.exp(-0.4 * usual * np.abs(luck.below[t]))
        out.open[t] = np.where(trading, opened, 0)
        out.high[t] = np.where(trading, np.ceil(top), 0)
        out.low[t] = np.where(trading, np.maximum(np.floor(bottom), 1), 0)
        out.close[t] = np.where(trading, close, 0)

    def _volume(
        self, t: int, trading: npt.NDArray[np.bool_], surprise: Floats, shares: Floats
    ) -> None:
        self.activity = 0.6 * self.activity + 0.35 * self.luck.activity[t]
        busy = np.exp(self.activity) * (0.8 + 0.25 * surprise) * (0.5 if self.half_days[t] else 1.0)
        volume = np.maximum(np.round(self.usual_volume * busy), 100.0)
        self.history.volume[t] = np.where(trading, volume, 0)
        self.volumes *= shares
        self.volumes[:-1, trading] = self.volumes[1:, trading]
        self.volumes[-1, trading] = volume[trading]

    def _decide(self, t: int, kind: str, symbol: int) -> None:
        """After the close: declare a dividend or announce a split, at the price of the day."""
        price = float(self.close[symbol])
        if kind == "split":
            new, old = self._split_terms(t, symbol, price / 100.0)
            if new != old:
                at = t + SESSIONS_TO_SPLIT
                self.due[at].append(Happening(symbol, t, at, new, old))
            return
        if kind == "special":
            at = t + plan.SPECIAL_EX - plan.SPECIAL_DECLARED
            cents = max(1, round(0.03 * price))
        else:
            at = t + plan.DECLARED_BEFORE
            cents = max(1, round(self.schedules[symbol].annual_yield / 4 * price))
        self.due[at].append(Happening(symbol, t, at, cents=cents, special=kind == "special"))

    def _split_terms(self, t: int, symbol: int, price: float) -> tuple[int, int]:
        """What is planned for the year, else what the price asks for: (new, old)."""
        planned = self.profiles[symbol].splits
        if planned:
            return planned.get(self.days[t].year, (1, 1))
        for floor, terms in ((2_500.0, (20, 1)), (900.0, (3, 1)), (400.0, (2, 1))):
            if price > floor:
                return terms
        return (1, 10) if price < 3.0 else (1, 1)


def simulate(
    *,
    seed: int,
    days: Sequence[date],
    half_days: npt.NDArray[np.bool_],
    profiles: Sequence[Profile],
    schedules: Sequence[Schedule],
    mood: Floats,
    strength: float,
) -> History:
    """Run the market over ``days``.

    ``mood`` is that of each session, shape (sessions, symbols), -1 to 1; ``strength`` is that of
    the edge (0: none).
    """
    return Simulation(
        seed=seed,
        days=days,
        half_days=half_days,
        profiles=profiles,
        schedules=schedules,
        mood=mood,
        strength=strength,
    ).run()


def _close_in_cents(
    wanted: Floats, before: Cents, new: Cents, old: Cents, cash: Cents, up: npt.NDArray[np.bool_]
) -> Cents:
    """Round to cents such that new * (close + cash) / old is on the drawn side of ``before``."""
    close: Cents = np.round(wanted - cash).astype(np.int64)
    lowest_rise = before * old // new + 1 - cash
    highest_fall = -(-before * old // new) - 1 - cash
    sided = np.where(up, np.maximum(close, lowest_rise), np.minimum(close, highest_fall))
    floored: Cents = np.maximum(sided, 1)
    return floored


def _trading(days: Sequence[date], profiles: Sequence[Profile]) -> npt.NDArray[np.bool_]:
    """Whether a symbol trades on a session, shape (sessions, symbols)."""
    sessions = np.array(days, dtype="datetime64[D]")
    table = np.ones((len(days), len(profiles)), dtype=np.bool_)
    for column, profile in enumerate(profiles):
        if profile.halts:
            halts = np.array(sorted(profile.halts), dtype="datetime64[D]")
            table[np.isin(sessions, halts), column] = False
        if profile.listing.delisted_on is not None:
            table[sessions > np.datetime64(profile.listing.delisted_on), column] = False
    return table


def _start_price(profile: Profile, level: float) -> float:
    """USD; companies with planned splits begin where the split will look sensible."""
    if not profile.splits:
        return float(np.exp(np.log(25.0) + level * np.log(10.0)))
    terms = [new / old for new, old in profile.splits.values()]
    return float((80.0 + 60.0 * level) * np.prod(terms))


def _decisions(schedules: Sequence[Schedule]) -> dict[int, list[tuple[str, int]]]:
    """Which symbol decides what after which session."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for symbol, own in enumerate(schedules):
        for session in own.reviews:
            found[int(session) + plan.SPLIT_ANNOUNCED].append(("split", symbol))
        for session in own.specials:
            found[int(session) + plan.SPECIAL_DECLARED].append(("special", symbol))
        if own.annual_yield:
            for session in own.regular:
                found[int(session) - plan.DECLARED_BEFORE].append(("regular", symbol))
    return found
