"""What one feed is made of here: how it is opened, which subjects it has, how an answer is taken.

Belongs here: the shape of a source, and the step from a client's answer to rows by table that all
sources share. Does not belong here: any one source (news.py, economy.py, policy.py, beside.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from stock_assets.ingest.subject_loads import SETTLED_AFTER
from stock_assets.ingest.subjects import Collected

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.ingest.subjects import Ask, Question
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.tables import Table
    from stock_assets.vendors.transport import Transport

Subjects = Callable[["Settings", "Lake", Sequence[date]], tuple[str, ...]]
"""Whom or what a feed is about on some days."""
Requests = Callable[["Lake", Sequence["Question"]], int]
"""How many requests some questions take at the least, given what is stored."""

_LEFT_OUT: Final = {
    "doubled": "identical doubles",
    "withdrawn": "withdrawn articles",
    "irrelevant": "articles about something else",
    "crowded": "days of which there may be more",
    "unfinished": "bars that are not final",
    "missing": "days without a value",
}
"""What clients count besides rows, in words."""


class Answered(Protocol):
    """What a client hands over: rows of one table, the answers behind them, rows put aside."""

    @property
    def rows(self) -> pa.Table:
        """As the table declares them."""
        ...

    @property
    def answers(self) -> tuple[Any, ...]:
        """As the transport gave them."""
        ...

    @property
    def rejected(self) -> pa.Table | None:
        """With ``target``, ``rule`` and ``reason``."""
        ...


@dataclass(frozen=True)
class Source:
    """How one feed is opened, and what it asks for.

    ``settled_after``: how long after a day's end (UTC) the vendor is done adding to it.
    ``overlap``: so much earlier than needed a question begins. ``only_settled``: no day is asked
    for before that. ``about``: of whom an answer must have told, where one question is about many.
    ``requests``: what questions cost; ``may_take_more``, where what comes decides (a list that is
    cut is asked for in parts).
    """

    open: Callable[[Settings, Lake], tuple[Transport, Ask]]
    subjects: Subjects
    settled_after: timedelta = SETTLED_AFTER
    overlap: timedelta = timedelta(0)
    only_settled: bool = False
    about: Subjects | None = None
    requests: Requests = lambda _lake, questions: len(questions)
    may_take_more: bool = False


def always(*subjects: str) -> Subjects:
    """The same subjects on all days."""
    return lambda _settings, _lake, _days: subjects


def taken(table: Table, answer: Answered) -> Collected:
    """A client's answer as what a feed stores: rows of one table, and what was left out and why."""
    counts = {name: _count(getattr(answer, name, 0)) for name in _LEFT_OUT}
    left_out = {_LEFT_OUT[name]: count for name, count in counts.items() if count}
    cut: Iterable[date] = getattr(answer, "crowded", ())
    lacking = dict.fromkeys(cut, "cut")
    return Collected({table: answer.rows}, answer.answers, answer.rejected, left_out, lacking)


def lacking_bars(answer: Answered, day: str, expected: Iterable[date]) -> dict[date, str]:
    """Which of the ``expected`` days have no row, and why: the cause of each one's gap.

    ``day``: the column with the day of a row. A bar that was put aside has come.
    """
    came = set(answer.rows[day].to_pylist())
    aside = set() if answer.rejected is None else set(answer.rejected[day].to_pylist())
    return {one: "quarantined" if one in aside else "no_bar" for one in expected if one not in came}


def _count(told: int | Sized) -> int:
    return told if isinstance(told, int) else len(told)
