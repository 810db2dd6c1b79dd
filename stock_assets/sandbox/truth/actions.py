"""Splits and dividends out of the columns of a recorded file.

Belongs here: telling events from the days without one, and inexact ratios from exact ones.
Does not belong here: the file (recorded.py), what vendors make of the events.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np

from stock_assets.sandbox.truth.model import Days, Dividend, Floats, Split

_DENOMINATORS: Final = (20, 1_000, 1_000_000)
_SNAP: Final = 1e-4
_FINEST_CENT: Final = 6


def splits_in(days: Days, ratios: Floats | None) -> tuple[tuple[Split, ...], int]:
    """The splits among a symbol's ratios (1, 0 or missing: none), and how many were inexact."""
    if ratios is None:
        return (), 0
    found, inexact = [], 0
    happened = np.isfinite(ratios) & (ratios > 0) & (ratios != 1.0)
    for at in np.flatnonzero(happened):
        fraction = simple_ratio(float(ratios[at]))
        if fraction == 1:
            continue
        inexact += float(fraction) != ratios[at]
        day: date = days[at].astype(object)
        found.append(Split(day, fraction.numerator, fraction.denominator, announced_on=day))
    return tuple(found), inexact


def simple_ratio(ratio: float) -> Fraction:
    """New per old shares as the simplest fraction within 0.01 %: 7.000007 is 7."""
    if ratio < 1.0:
        return 1 / simple_ratio(1.0 / ratio)
    exact = Fraction(ratio)
    candidates = [exact.limit_denominator(most) for most in _DENOMINATORS]
    close = (c for c in candidates if abs(float(c) - ratio) <= _SNAP * ratio)
    return next(close, candidates[-1])


def dividends_in(days: Days, cash: Floats | None) -> tuple[Dividend, ...]:
    """The dividends among a symbol's amounts, rounded to a millionth of a dollar.

    Files often hold single precision, in which 0.24 is 0.23999999463558197.
    """
    if cash is None:
        return ()
    paid = np.flatnonzero(np.isfinite(cash) & (cash > 0))
    return tuple(
        Dividend(days[at].astype(object), round(float(cash[at]), _FINEST_CENT)) for at in paid
    )
