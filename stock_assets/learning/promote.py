"""The gate: may this model serve? Judged on unseen sessions, against naive models and the champion.

Belongs here: the rules, their reasons in words, and what counts as evidence of an edge.
Does not belong here: the metrics (evaluate.py), moving the alias (registry.py).

The rules, with differences paired on the same rows and resamples (95 % intervals, log loss in nats,
lower is better):

1. A metric that is not a number: never.
2. *Worse than a baseline* means that the interval of ``log loss - baseline's log loss`` lies wholly
   above zero. Worse than any baseline: never.
3. No champion yet: not worse is enough. A challenger that fails gives way to the base rate, which
   becomes the first champion so that predictions exist, marked as without evidence.
4. A champion serves: only when the interval of ``log loss - champion's log loss`` lies wholly below
   zero. Equal is not better; the champion stays.

Evidence is ``edge`` when the interval of the AUC lies wholly above one half and the interval of
``log loss - base rate's log loss`` lies wholly below zero; otherwise ``no_evidence``, which is a
normal outcome and is published with every prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stock_assets.learning.bootstrap import Estimate
from stock_assets.learning.evaluate import METRICS, Metric, Scores

Evidence = Literal["edge", "no_evidence"]
FALLBACK: Final = "base_rate"


@dataclass(frozen=True)
class Verdict:
    """What the gate said: whether ``family`` becomes champion, and why.

    ``family`` is the challenger, or the base rate where it must stand in as first champion;
    ``evidence`` is about that family.
    """

    promote: bool
    family: str
    evidence: Evidence
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        decision = "promoted" if self.promote else "not promoted"
        return f"{self.family} {decision} ({self.evidence}): {'; '.join(self.reasons)}"


def judge(
    family: str,
    challenger: Scores,
    baselines: Mapping[str, Scores],
    champion: Scores | None = None,
) -> Verdict:
    """Decide about a challenger; ``baselines`` must hold ``base_rate``, ``champion`` what serves.

    All scores must come from one ``Judge``: same rows, same resamples.
    """
    evidence = evidence_of(challenger, baselines[FALLBACK])
    broken = [metric for metric in METRICS if not _is_number(challenger, metric)]
    if broken:
        reason = f"{', '.join(broken)} of {family} is not a number"
        return _refused(family, "no_evidence", (reason,), champion)
    against = {name: challenger.minus(scores)["log_loss"] for name, scores in baselines.items()}
    worse = tuple(
        f"worse than {name}: log loss {_shown(difference)}"
        for name, difference in against.items()
        if not difference.low <= 0
    )
    if worse:
        return _refused(family, evidence, worse, champion)
    notes = tuple(
        f"{'better' if difference.high < 0 else 'not worse'} than {name}: log loss "
        f"{_shown(difference)}"
        for name, difference in against.items()
    )
    if champion is None:
        return Verdict(True, family, evidence, ("first champion", *notes))
    return _against_champion(family, challenger, champion, evidence, notes)


def evidence_of(model: Scores, base_rate: Scores) -> Evidence:
    """``edge`` where AUC and log loss both say so with their intervals."""
    ranks = model.estimates["auc"].low > 0.5
    informs = model.minus(base_rate)["log_loss"].high < 0
    return "edge" if ranks and informs else "no_evidence"


def _against_champion(
    family: str,
    challenger: Scores,
    champion: Scores,
    evidence: Evidence,
    notes: tuple[str, ...],
) -> Verdict:
    difference = challenger.minus(champion)["log_loss"]
    if difference.high < 0:
        said = f"better than the champion: log loss {_shown(difference)}"
        return Verdict(True, family, evidence, (said, *notes))
    if not difference.is_finite:
        said = "the champion cannot be judged on these sessions: its log loss is not a number"
    elif difference.value == 0 and difference.low == 0:
        said = "says the same as the champion on every unseen session"
    else:
        said = f"not shown to be better than the champion: log loss {_shown(difference)}"
    return Verdict(False, family, evidence, (said, *notes))


def _refused(
    family: str, evidence: Evidence, reasons: tuple[str, ...], champion: Scores | None
) -> Verdict:
    if champion is not None:
        return Verdict(False, family, evidence, reasons)
    stands_in = f"{FALLBACK} becomes the first champion, so that there are predictions"
    said = tuple(f"{family} refused: {reason}" for reason in reasons)
    return Verdict(True, FALLBACK, "no_evidence", (*said, stands_in))


def _is_number(scores: Scores, metric: Metric) -> bool:
    return scores.estimates[metric].is_finite


def _shown(difference: Estimate) -> str:
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
