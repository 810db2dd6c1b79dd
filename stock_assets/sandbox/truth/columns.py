"""Which column of a recorded file plays which role, and in which unit its prices are.

Belongs here: names and their synonyms. Does not belong here: the values (recorded.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stock_assets.errors import BadRecording

REQUIRED: Final = ("symbol", "date", "open", "high", "low", "close", "volume")
OPTIONAL: Final = ("dividend", "split")
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "symbol": ("symbol", "ticker", "act_symbol", "sym", "instrument"),
    "date": ("date", "session", "day", "trade_date", "timestamp", "datetime", "time"),
    "open": ("open", "open_usd", "open_price", "o"),
    "high": ("high", "high_usd", "high_price", "h"),
    "low": ("low", "low_usd", "low_price", "l"),
    "close": ("close", "close_usd", "close_price", "c"),
    "volume": ("volume", "volume_shares", "vol", "v"),
    "dividend": ("dividend", "dividends", "dividend_amount", "dividend_usd", "cash_amount", "div"),
    "split": ("split", "splits", "split_coefficient", "split_ratio", "stock_splits"),
}
_TEN_THOUSANDTHS: Final = "_e4"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Column name and scale by role; ``notes`` say what was assumed."""

    by_role: dict[str, str]
    scales: dict[str, float]
    notes: tuple[str, ...]


def map_columns(
    path: object, names: Sequence[str], explicit: Mapping[str, str], price_scale: float | None
) -> Mapped:
    """Give every role a column.

    Raises:
        BadRecording: when a required role has none, or ``explicit`` names what does not exist.
    """
    _check_explicit(path, names, explicit)
    by_role = dict(explicit)
    plain = {_plain(name): name for name in reversed(names)}
    for role, synonyms in _SYNONYMS.items():
        candidates = [*synonyms, *(f"{synonym}{_TEN_THOUSANDTHS}" for synonym in synonyms)]
        found = next((plain[c] for c in candidates if c in plain), None)
        if role not in by_role and found is not None:
            by_role[role] = found
    missing = [role for role in REQUIRED if role not in by_role]
    if missing:
        example = missing[0]
        raise BadRecording(
            str(path),
            reason=f"no column for {', '.join(missing)} among {', '.join(names) or 'none'}",
            next_action=f"say which one it is, such as --column {example}=NAME",
        )
    scales = {role: _scale(role, by_role[role], price_scale) for role in by_role}
    return Mapped(by_role, scales, _notes(by_role, scales, price_scale))


def _check_explicit(path: object, names: Sequence[str], explicit: Mapping[str, str]) -> None:
    known = (*REQUIRED, *OPTIONAL)
    for role, name in explicit.items():
        if role not in known:
            raise BadRecording(
                f"{role}={name}",
                reason=f"there is no role {role!r}",
                next_action=f"use one of {', '.join(known)}",
            )
        if name not in names:
            raise BadRecording(
                f"{role}={name}",
                reason=f"{path} has no column {name!r}; it has {', '.join(names)}",
                next_action="name a column of the file",
            )


def _plain(name: str) -> str:
    """Lower case, words joined by underscores, without numbering such as in '1. open'."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"^\d+\.\s*", "", name.strip().lower())).strip("_")


def _scale(role: str, name: str, price_scale: float | None) -> float:
    if role in ("open", "high", "low", "close") and price_scale is not None:
        return price_scale
    return 1e-4 if _plain(name).endswith(_TEN_THOUSANDTHS) else 1.0


def _notes(
    by_role: Mapping[str, str], scales: Mapping[str, float], price_scale: float | None
) -> tuple[str, ...]:
    implied = [by_role[role] for role, scale in scales.items() if scale == 1e-4]
    notes = []
    if implied and price_scale is None:
        notes.append(f"{', '.join(implied)}: taken as USD x 10,000, because of the ending _e4")
    notes += [
        f"no column for {role}s: none are assumed" for role in OPTIONAL if role not in by_role
    ]
    return tuple(notes)
