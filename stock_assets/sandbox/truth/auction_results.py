"""Who bought how much at an auction, and at which rate; and the numbers that securities carry.

Belongs here: a kind of security, results that add up, CUSIPs with their check digits.
Does not belong here: the timetable (auctions.py).

Amounts are whole dollars. What competitive, noncompetitive and foreign official bidders get adds up
to the offering; the Fed's own purchases come on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stock_assets.sandbox.truth.luck import stream

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODES: Final = len(_ALPHABET) ** 2
"""How many securities share the first six characters."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the Treasury's programme. ``premium``: percent above the policy rate."""

    security_type: str
    term: str
    years: float
    offering: int
    premium: float
    is_tips: bool = False
    is_frn: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """What an auction brought. ``rate``: discount rate, yield or margin, percent per year."""

    rate: float
    bid_to_cover: float
    competitive_tendered: int
    competitive_accepted: int
    noncompetitive: int
    fima: int
    soma: int
    tendered_by: tuple[int, int, int]
    accepted_by: tuple[int, int, int]

    @property
    def total_accepted(self) -> int:
        """Everything sold, the Fed's own purchases included."""
        return self.competitive_accepted + self.noncompetitive + self.fima + self.soma

    @property
    def total_tendered(self) -> int:
        """Everything asked for."""
        return self.competitive_tendered + self.noncompetitive + self.fima + self.soma


def results(seed: int, kind: Kind, day: date, offering: int, middle: float) -> Results:
    """The results of an auction; ``middle`` is that of the target range, percent per year."""
    name = f"{kind.term}{' TIPS' * kind.is_tips}{' FRN' * kind.is_frn} {day}"
    draws = stream(seed, name, "auction")
    luck, shares = draws.standard_normal(2), draws.random(5)
    level = 0.12 + 0.02 * luck[0] if kind.is_frn else middle + kind.premium + 0.08 * luck[0]
    rate = round(max(level, -1.5 if kind.is_tips else 0.01), 3)
    if kind.security_type == "Bill":
        rate = max(0.005, round(rate * 200) / 200)
    noncompetitive = _hundreds(offering * (0.005 + 0.02 * shares[0]))
    fima = _hundreds(offering * 0.003 * shares[1])
    soma = _hundreds(offering * 0.1 * shares[2])
    accepted = offering - noncompetitive - fima
    cover = min(3.6, max(2.0, 2.6 + 0.2 * float(luck[1])))
    tendered = _hundreds(cover * offering) - noncompetitive - fima
    dealers = _hundreds(accepted * (0.12 + 0.2 * shares[3]))
    direct = _hundreds(accepted * (0.08 + 0.15 * shares[4]))
    asked = (_hundreds(tendered * 0.55), _hundreds(tendered * 0.15))
    return Results(
        rate=rate,
        bid_to_cover=round((tendered + noncompetitive + fima) / offering, 2),
        competitive_tendered=tendered,
        competitive_accepted=accepted,
        noncompetitive=noncompetitive,
        fima=fima,
        soma=soma,
        tendered_by=(*asked, tendered - sum(asked)),
        accepted_by=(dealers, direct, accepted - dealers - direct),
    )


def _hundreds(amount: float) -> int:
    return round(amount / 100) * 100


def cusip(prefix: str, number: int) -> str:
    """Eight characters and the check digit that CUSIPs have."""
    text = prefix + _ALPHABET[number // len(_ALPHABET)] + _ALPHABET[number % len(_ALPHABET)]
    total = 0
    for place, letter in enumerate(text):
        value = int(letter, 36) * (1 + place % 2)
        total += value // 10 + value % 10
    return f"{text}{-total % 10}"
