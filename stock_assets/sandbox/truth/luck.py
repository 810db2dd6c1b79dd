"""All randomness of a generated market: streams by name, drawn before the first session.

Belongs here: seeds and draws. A stream depends on the seed, its symbol and its purpose alone, and a
longer market begins with the draws of a shorter one. Does not belong here: what they decide.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Draws:
    """All luck, drawn before the first session; shapes (sessions,) and (sessions, symbols)."""

    market_direction: Singles
    market_volatility: Singles
    direction: Singles
    volatility: Singles
    size: Singles
    gap: Singles
    above: Singles
    below: Singles
    activity: Singles


def stream(seed: int, name: str, purpose: str) -> np.random.Generator:
    """The random stream of one symbol (or the market) for one purpose, whatever else exists."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), zlib.crc32(purpose.encode())])


def draw(seed: int, symbols: Sequence[str], sessions: int) -> Draws:
    """Draw all luck; a longer market begins with the same numbers as a shorter one."""
    own = np.empty((7, sessions, len(symbols)), dtype=np.float32)
    for column, symbol in enumerate(symbols):
        luck = stream(seed, symbol, "bars").standard_normal((sessions, 7), dtype=np.float32)
        own[:, :, column] = luck.T
    common = stream(seed, "", "market").standard_normal((sessions, 2), dtype=np.float32)
    return Draws(common[:, 0], common[:, 1], *own)
