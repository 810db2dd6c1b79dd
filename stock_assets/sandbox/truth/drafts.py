"""When something is written about a subject, how it sounds and who carries it: a month at a time.

Belongs here: all draws behind the articles of one subject and month, as arrays.
Does not belong here: words (phrases.py, news.py), vendors' formats.

Instants are seconds since 1970, UTC. Articles that follow a large move of the price come after the
close that ended it, and speak with the mood of the day all the same: how many there are tells the
size of a move that everybody has seen, never the next direction.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from stock_assets import market
from stock_assets.sandbox.instants import CLOSE, instants
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats, Stock
from stock_assets.sandbox.truth.mood import MOST_ARTICLES, days_drawn, days_since_first, moods
from stock_assets.sandbox.truth.subjects import Subject

Carrier = Literal["finnhub", "polygon", "newsapi"]
CARRIERS: Final[dict[Carrier, int]] = {"finnhub": 1, "polygon": 2, "newsapi": 4}
NEVER: Final = 2**40

_BURST: Final = 6
_DRAWS: Final = 12
_DAY: Final = 86_400
_DAY_STARTS: Final = market.DECISION_TIME_UTC.hour * 3_600 + market.DECISION_TIME_UTC.minute * 60
_SECTOR_DAYS: Final = 0.3
_MORNING: Final = ([0.0, 0.05, 0.35, 0.70, 0.90, 1.0], [60, 16_200, 27_000, 48_600, 57_600, 86_100])
"""Shares of a day's articles that are out so many seconds after 06:30 UTC: most before the opening
and after the closing bell."""
_WINDOW: Final = 20

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drafts:
    """Articles in order of publication; arrays of one length. ``luck`` has shape (articles, 12).

    ``moves`` is the size of the move, as a fraction, that an article follows; 0 if it follows none.
    ``edited_at`` and ``withdrawn_at`` are NEVER for most.
    """

    published_at: Integers
    numbers: Integers
    levels: Integers
    carriers: Integers
    moves: Floats
    edited_at: Integers
    withdrawn_at: Integers
    luck: Floats

    def __len__(self) -> int:
        return len(self.published_at)

    def only(self, chosen: npt.NDArray[np.bool_] | Integers) -> Drafts:
        """Some of them."""
        return Drafts(*(getattr(self, field.name)[chosen] for field in fields(self)))


def draw_month(seed: int, subject: Subject, stock: Stock | None, month: date) -> Drafts:
    """The articles of the news days of one month (``month`` is its first day).

    They depend on the seed, the subject and the bars of ``stock`` alone; a sector has none.
    """
    days = _days_of(month)
    generator = stream(seed, subject.key, f"news {month}")
    shape = (31, MOST_ARTICLES + _BURST, _DRAWS)
    luck = generator.random(shape, dtype=np.float32)[: len(days)].astype(np.float64)
    at = days_since_first(days)
    if subject.is_sector:
        routine = (luck[:, 0, 10] < _SECTOR_DAYS).astype(np.int64)
        moves = np.zeros(len(days))
        leaders = [subject.leading(float(draw)) for draw in luck[:, 0, 11]]
        level_of = np.array(
            [moods(seed, s).levels[day] for s, day in zip(leaders, at, strict=True)], np.int64
        )
    else:
        state = moods(seed, subject.key)
        routine = np.where(_is_written_about(stock, days), state.articles[at], 0)
        moves = _moves(stock, days)
        level_of = state.levels[at].astype(np.int64)
    burst = np.where(routine > 0, _burst(moves), 0)
    slot = np.arange(MOST_ARTICLES + _BURST)
    follows = slot >= MOST_ARTICLES
    used = np.where(follows, slot - MOST_ARTICLES < burst[:, None], slot < routine[:, None])
    at_day, at_slot = np.nonzero(used)
    own = luck[at_day, at_slot]
    level = level_of[at_day]
    # The first article of a day always carries its mood; of the others one in five is neutral.
    spoken = np.where((at_slot > 0) & (own[:, 1] < 0.2), 0, level)
    starts = days.astype(np.int64) * _DAY + _DAY_STARTS
    morning = np.interp(own[:, 0], *_MORNING)
    evening = instants(days, CLOSE)[at_day] - starts[at_day] + 300 + own[:, 0] ** 2 * 8 * 3_600
    offset = np.where(follows[at_slot], evening, morning).astype(np.int64)
    published = starts[at_day] + np.minimum(offset, _DAY - 60)
    order = np.argsort(published, kind="stable")
    return Drafts(
        published,
        _numbers(subject, published, days, at_day, at_slot),
        spoken,
        _carriers(own),
        np.where(follows[at_slot], moves[at_day], 0.0),
        np.where(own[:, 3] < 0.05, published + _lag(own[:, 3] / 0.05, 600, 2 * _DAY), NEVER),
        np.where(own[:, 4] < 0.012, published + _lag(own[:, 4] / 0.012, _DAY, 5 * _DAY), NEVER),
        own,
    ).only(order)


def news_month(at: int) -> date:
    """The first day of the month to whose news days the instant belongs."""
    day = date(1970, 1, 1) + timedelta(days=(at - _DAY_STARTS) // _DAY)
    return day.replace(day=1)


def _days_of(month: date) -> Days:
    """The month's days, as far as the exchange's calendar reaches."""
    first = np.datetime64(month, "M")
    days: Days = np.arange(
        first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]"), dtype="datetime64[D]"
    )
    end = np.datetime64(market.FIRST_DAY) + np.timedelta64(days_drawn(), "D")
    inside: Days = days[days < end]
    return inside


def _is_written_about(stock: Stock | None, days: Days) -> npt.NDArray[np.bool_]:
    """From the first bar on, and until a week after the last listed day."""
    if stock is None or not len(stock.bars):
        return np.zeros(len(days), dtype=np.bool_)
    gone = stock.listing.delisted_on
    last = np.datetime64("9999-12-31") if gone is None else np.datetime64(gone + timedelta(days=7))
    inside: npt.NDArray[np.bool_] = (days >= stock.bars.days[0]) & (days <= last)
    return inside


def _moves(stock: Stock | None, days: Days) -> Floats:
    """By day: the size of the close's move where it is large for the stock, else 0.

    Large is twice the mean size of the twenty moves before.
    """
    found = np.zeros(len(days))
    if stock is None:
        return found
    begin = max(0, int(np.searchsorted(stock.bars.days, days[0])) - _WINDOW - 1)
    end = int(np.searchsorted(stock.bars.days, days[-1], side="right"))
    traded = stock.bars.days[begin:end]
    if len(traded) <= _WINDOW + 1:
        return found
    close = stock.bars.close[begin:end].copy()
    for split in stock.splits:
        close[traded >= np.datetime64(split.ex_date)] *= split.ratio
    with np.errstate(divide="ignore", invalid="ignore"):  # recordings may hold anything
        sizes = np.abs(close[1:] / close[:-1] - 1.0)
    usual = np.convolve(sizes, np.ones(_WINDOW) / _WINDOW, mode="valid")[:-1]
    large = np.where(sizes[_WINDOW:] > 2.0 * usual, sizes[_WINDOW:], 0.0)
    at = np.searchsorted(days, traded[_WINDOW + 1 :])
    inside = traded[_WINDOW + 1 :] >= days[0]
    found[at[inside]] = np.nan_to_num(large[inside], posinf=0.0)
    return found


def _burst(moves: Floats) -> Integers:
    """How many articles follow: three a move of 2 %, six one of 8 %."""
    return np.where(moves > 0, np.clip(2 + moves * 50, 3, _BURST), 0).astype(np.int64)


def _numbers(
    subject: Subject, published: Integers, days: Days, at_day: Integers, at_slot: Integers
) -> Integers:
    """Grow with time, and differ between subjects and articles of one second."""
    name = zlib.crc32(subject.key.encode())
    since = published - int(np.datetime64(market.FIRST_DAY).astype(np.int64)) * _DAY
    within = name + days.astype(np.int64)[at_day] * (MOST_ARTICLES + _BURST) + at_slot
    return since * 4_096 + within % 4_096


def _carriers(own: Floats) -> Integers:
    """One vendor carries a story; one in six is carried by a second one too."""
    first = np.searchsorted([0.5, 0.8], own[:, 5], side="right")
    second = (first + np.where(own[:, 6] < 0.12, 1, 2)) % 3
    both = own[:, 6] < 0.17
    bits = np.array(list(CARRIERS.values()), dtype=np.int64)
    carried: Integers = bits[first] | np.where(both, bits[second], 0)
    return carried


def _lag(share: Floats, least: int, most: int) -> Integers:
    """Seconds between two bounds, shorter ones more often."""
    return (least * (most / least) ** np.clip(share, 0.0, 1.0)).astype(np.int64)
