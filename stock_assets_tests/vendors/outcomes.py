"""What comes of an answer, in the words of the table of recorded answers.

Belongs here: which questions of ours an answer is tried on, what holds for every outcome.
Does not belong here: the questions of each vendor (replay_*.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stock_assets.errors import StockAssetsError
from stock_assets_tests.vendors import (
    replay_alpha_vantage,
    replay_economy,
    replay_polygon,
    replay_words,
    replay_yahoo,
)
from stock_assets_tests.vendors.recordings import Recording
from stock_assets_tests.vendors.replay import Ask, Bench, Outcome

_VENDORS = (replay_yahoo, replay_polygon, replay_alpha_vantage, replay_words, replay_economy)
KINDS = tuple(kind for vendor in _VENDORS for kind in vendor.KINDS)
OTHERS = tuple(kind for vendor in _VENDORS for kind in vendor.OTHERS)

Found = Outcome | StockAssetsError


def is_ours(said: Recording) -> bool:
    """Whether a question of ours is answered so."""
    return any(kind.holds(said) for kind in KINDS)


def asks(said: Recording) -> tuple[Ask, ...]:
    """The question of ours that it answers; else all of its vendor, who may not take it for an
    answer; of a vendor that we do not have, all that there are."""
    ours = tuple(kind.ask for kind in KINDS if kind.holds(said))
    others = tuple(kind.ask for kind in OTHERS if kind.holds(said))
    return ours or others or tuple(dict.fromkeys(kind.ask for kind in OTHERS))


def outcomes(bench: Bench) -> Iterator[tuple[str, Found]]:
    """What comes of each question, by its name. Anything but rows or a typed error is raised."""
    for ask in asks(bench.recording):
        try:
            found: Found = ask(bench)
        except StockAssetsError as error:
            found = error
        _check(found)
        yield ask.__name__, found


def told(found: Found) -> dict[str, Any]:
    """An outcome as the table tells it."""
    if isinstance(found, StockAssetsError):
        return {"outcome": type(found).__name__, "rows": "", "rejected": ""}
    counts = {name: rows.num_rows for name, rows in found.rows.items() if rows.num_rows}
    rows = ";".join(f"{name}={count}" for name, count in counts.items())
    return {"outcome": "rows", "rows": rows, "rejected": str(found.rejected)}


def _check(found: Found) -> None:
    """What holds for every answer, whatever is in it."""
    if isinstance(found, StockAssetsError):
        assert type(found) is not StockAssetsError
        assert found.value
        assert found.reason
        assert found.next_action
    else:
        assert found.lost == 0, "rows of the answer are neither stored, nor rejected, nor counted"
