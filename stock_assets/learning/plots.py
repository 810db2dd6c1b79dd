"""Three pictures of a training, for people: are the probabilities true, where from, how steadily.

Belongs here: drawing a ``TrainingResult`` to PNG files, without a screen and without global state.
Does not belong here: any number that is not also stored as a metric or an artifact.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from stock_assets.learning.bootstrap import session_weights

if TYPE_CHECKING:
    from stock_assets.learning.result import TrainingResult

INK: Final = "#1f2933"
QUIET: Final = "#8795a1"
FAINT: Final = "#e4e7eb"
ACCENT: Final = "#1769aa"
OTHERS: Final = {"base_rate": "#9aa5b1", "last_sign": "#d08a2e", "champion": "#2f855a"}
_BINS: Final = 10


def draw_all(result: TrainingResult, folder: Path) -> None:
    """Write reliability.png, importance.png and walk_forward.png into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (
        ("reliability", reliability),
        ("importance", importance),
        ("walk_forward", walk_forward),
    ):
        draw(result).savefig(folder / f"{name}.png", dpi=150)


def reliability(result: TrainingResult) -> Figure:
    """Of the rows that were given a probability, how many rose; whiskers resample sessions."""
    family = result.plan.candidate
    up = result.unseen[f"p_{family}"].to_numpy()
    rose = result.unseen["is_up"].to_numpy(zero_copy_only=False).astype(float)
    codes = np.unique(result.unseen["session"].to_numpy(), return_inverse=True)[1]
    given, share, low, high = _by_bin(up, rose, codes, seed=result.plan.seed)
    figure = _figure(
        7.2,
        6.6,
        "When it says 55 %, does it rise 55 % of the time?",
        f"{_spoken(family)}, {len(up):,} unseen rows in {len(given)} groups of equal size; "
        "95 % intervals by session",
    )
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    usual = np.quantile(up, [0.002, 0.998])
    edge = [min(usual[0], low.min()) - 0.005, max(usual[1], high.max()) + 0.005]
    upper.plot(edge, edge, color=QUIET, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    upper.annotate(
        "perfectly calibrated",
        (edge[0], edge[0]),
        xytext=(14, -1),
        textcoords="offset points",
        va="center",
        color=QUIET,
        fontsize=9,
    )
    upper.axhline(rose.mean(), color=FAINT, linewidth=1.2, zorder=0)
    whiskers = np.clip(np.array([share - low, high - share]), 0.0, None)
    upper.errorbar(
        given, share, whiskers, fmt="o", color=ACCENT, ecolor=ACCENT, elinewidth=1.2, markersize=6
    )
    upper.set_ylabel("share that rose")
    lower.hist(up, bins=60, range=(edge[0], edge[1]), color=ACCENT, alpha=0.75)
    lower.set_ylabel("rows")
    lower.set_xlabel("predicted probability of a rise")
    for axes in (upper, lower):
        _tidy(axes)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    upper.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def importance(result: TrainingResult) -> Figure:
    """AUC lost on unseen rows when a feature is shuffled; below zero it does harm there."""
    figure = _figure(
        7.2,
        4.8,
        "What the model would miss",
        "AUC lost on the last fold's unseen rows when one input is shuffled; "
        "bars: standard deviation of 3 shuffles",
    )
    axes = figure.subplots()
    items = result.importance[::-1]
    lost = np.array([item.auc_lost for item in items])
    axes.barh(
        [item.feature for item in items],
        lost,
        xerr=[item.deviation for item in items],
        color=[ACCENT if value > 0 else QUIET for value in lost],
        ecolor=INK,
        error_kw={"elinewidth": 0.9, "capsize": 2},
        height=0.62,
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("AUC lost (0.01 is one point)")
    _tidy(axes, grid="x")
    axes.tick_params(axis="y", length=0)
    return figure


def walk_forward(result: TrainingResult) -> Figure:
    """AUC of each model on each fold's unseen sessions."""
    figure = _figure(
        7.2,
        4.4,
        "Skill on sessions it had never seen",
        "AUC by fold of the walk-forward; 0.5 is a coin. Dates: sessions judged",
    )
    axes = figure.subplots()
    numbers = [report.fold.number for report in result.folds]
    names = [result.plan.candidate, *(n for n in OTHERS if n in result.scores)]
    drawn = [(name, [report.auc[name] for report in result.folds]) for name in names]
    for name, auc in drawn:
        is_ours = name == result.plan.candidate
        axes.plot(
            numbers,
            auc,
            marker="o",
            markersize=7 if is_ours else 4.5,
            linewidth=2.2 if is_ours else 1.2,
            color=ACCENT if is_ours else OTHERS[name],
            zorder=3 if is_ours else 2,
            label=_spoken(name),
        )
    found = result.estimates[result.plan.candidate]["auc"]
    axes.axhspan(found.low, found.high, color=ACCENT, alpha=0.08, linewidth=0)
    axes.axhline(found.value, color=ACCENT, linewidth=0.9, linestyle=(0, (4, 3)), alpha=0.7)
    axes.axhline(0.5, color=INK, linewidth=0.8)
    axes.set_xticks(
        numbers,
        [f"{r.fold.test_first:%d %b %Y}\nto {r.fold.test_last:%d %b %Y}" for r in result.folds],
    )
    axes.set_xlim(numbers[0] - 0.35, numbers[-1] + 0.35)
    axes.set_ylabel("AUC")
    axes.set_title(
        f"all folds: {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]",
        loc="right",
        fontsize=9,
        color=ACCENT,
    )
    axes.legend(frameon=False, ncols=len(drawn), loc="upper left", bbox_to_anchor=(0, 1.1))
    _tidy(axes)
    return figure


def _by_bin(
    up: NDArray[np.float64], rose: NDArray[np.float64], codes: NDArray[np.intp], *, seed: int
) -> tuple[NDArray[np.float64], ...]:
    """Mean probability, share of rises, and its interval's ends, per group of equal size."""
    edges = np.unique(np.quantile(up, np.linspace(0, 1, _BINS + 1)[1:-1]))
    group = np.unique(np.searchsorted(edges, up, side="right"), return_inverse=True)[1]
    count, sessions = int(group.max()) + 1, int(codes.max()) + 1
    flat = codes * count + group
    rows = np.bincount(flat, minlength=sessions * count).reshape(sessions, count)
    rises = np.bincount(flat, rose, sessions * count).reshape(sessions, count)
    weights = session_weights(sessions, resamples=500, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (weights @ rises) / (weights @ rows)
    low, high = np.nanquantile(shares, [0.025, 0.975], axis=0)
    given = np.bincount(group, up, count) / rows.sum(axis=0)
    return given, rises.sum(axis=0) / rows.sum(axis=0), low, high


def _figure(width: float, height: float, title: str, subtitle: str) -> Figure:
    below_the_title = ConstrainedLayoutEngine(rect=(0.015, 0.015, 0.97, 0.97 - 0.62 / height))
    figure = Figure(figsize=(width, height), facecolor="white", layout=below_the_title)
    figure.text(0.03, 1 - 0.20 / height, title, fontsize=14, weight="bold", color=INK, va="top")
    figure.text(0.03, 1 - 0.50 / height, subtitle, fontsize=9, color=QUIET, va="top")
    return figure


def _tidy(axes: Any, *, grid: str = "y") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.grid(axis=grid, color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=9.5)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
