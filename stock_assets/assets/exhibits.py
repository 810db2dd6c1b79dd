"""What people look at on an asset's page: counts, a preview, a small picture.

Belongs here: metadata and the drawing of it. Pictures are PNGs inside markdown.
Does not belong here: deciding what is good (checks/).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stock_assets.ingest.report import FeedReport

PREVIEW_ROWS: Final = 8
_GLANCE_POINTS: Final = 60
_GLANCE_WIDTH, _GLANCE_HEIGHT = 300, 40
_ESCAPED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: f"\\{c}" for c in "\\`*[]|"}
INK, ACCENT, MUTED, ALARM = "#1f2937", "#2563eb", "#9ca3af", "#dc2626"


def feed_metadata(report: FeedReport, *, stored: int) -> dict[str, Any]:
    """A feed's run: what was asked, what came, what was new, what is missing and why.

    ``stored`` is how many rows the feed has by now, over all runs.
    """
    details: dict[str, Any] = {"dagster/row_count": stored}
    if report.first_session == report.last_session:
        details["session"] = str(report.first_session)
    else:
        details["sessions"] = f"{report.first_session} to {report.last_session}"
    if report.expected:
        details["bars expected"] = report.expected
        details["bars stored before"] = report.already_stored
    details |= {
        "requests": report.requests,
        "bytes received": report.bytes_received,
        "rows received": report.rows_received,
        "rows new": report.rows_appended,
        "rows unchanged": report.rows_unchanged,
        "rows restated": report.rows_restated,
        "rows put aside": report.rows_quarantined,
        "seconds": round(report.seconds, 2),
        "loads": ", ".join(report.loads) or "none: nothing was new",
    }
    if report.left_out:
        details["left out"] = _counts(report.left_out)
    if report.beside:
        details["rows new beside"] = _counts(report.beside)
    if report.quarantined:
        details["put aside by rule"] = _counts(report.quarantined)
    if report.gaps:
        details["bars missing by cause"] = _counts(report.gaps)
    if report.failed:
        details["failed"] = dg.MetadataValue.md(
            "\n".join(f"- **{symbol}**: {_plain(why)}" for symbol, why in report.failed.items())
        )
    return details


def preview(rows: pa.Table, columns: Sequence[str] | None = None) -> dg.MarkdownMetadataValue:
    """The first rows as a markdown table; vendors' text is shown as text."""
    shown = rows.select(list(columns)) if columns else rows
    names = shown.column_names
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += [
        "| " + " | ".join(_plain(_cell(row[name])) for name in names) + " |"
        for row in shown.slice(0, PREVIEW_ROWS).to_pylist()
    ]
    return dg.MetadataValue.md("\n".join(lines))


def glance(title: str, values: Sequence[float]) -> dg.MarkdownMetadataValue:
    """A small line without axes, and its figures beside it.

    Dagster shows markdown of fewer than 1,000 characters at once and anything longer, such as the
    other pictures, behind a click.
    """
    kept = list(values)[:: max(1, -(-len(values) // _GLANCE_POINTS))]
    low, high = min(values), max(values)
    step = _GLANCE_WIDTH / max(1, len(kept) - 1)
    scale = (_GLANCE_HEIGHT - 4) / ((high - low) or 1.0)
    line = " ".join(
        f"{n * step:.0f},{_GLANCE_HEIGHT - 2 - (value - low) * scale:.0f}"
        for n, value in enumerate(kept)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_GLANCE_WIDTH}" '
        f'height="{_GLANCE_HEIGHT}"><polyline points="{line}" fill="none" stroke="{ACCENT}"/></svg>'
    )
    encoded = base64.b64encode(svg.encode()).decode("ascii")
    words = f"{title}: {_cell(values[-1])} (lowest {_cell(low)}, highest {_cell(high)})"
    return dg.MetadataValue.md(f"![](data:image/svg+xml;base64,{encoded})\n\n{_plain(words)}")


def line_chart(
    title: str, x: Sequence[Any], lines: Mapping[str, Sequence[float]]
) -> dg.MarkdownMetadataValue:
    """A few lines over time."""
    figure, axes = _canvas(title)
    colours = (ACCENT, ALARM, MUTED, INK)
    for (name, values), colour in zip(lines.items(), colours, strict=False):
        axes.plot(x, values, label=name, color=colour, linewidth=1.4)
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=8)
    figure.autofmt_xdate(rotation=0, ha="center")
    return _as_markdown(figure, title)


def bar_chart(
    title: str, names: Sequence[str], values: Sequence[float], *, unit: str
) -> dg.MarkdownMetadataValue:
    """A few bars with their names on the left, the first one on top."""
    from matplotlib.ticker import EngFormatter

    figure, axes = _canvas(title, height=0.8 + 0.24 * len(names))
    axes.barh(list(names)[::-1], list(values)[::-1], color=ACCENT, height=0.7)
    axes.set_xlabel(unit, fontsize=8, color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    return _as_markdown(figure, title)


def interval_chart(
    title: str,
    names: Sequence[str],
    estimates: Sequence[tuple[float, float, float]],
    *,
    mark: float,
) -> dg.MarkdownMetadataValue:
    """Estimates with their intervals (low, estimate, high) beside a reference line."""
    figure, axes = _canvas(title, height=0.9 + 0.35 * len(names))
    for row, (low, estimate, high) in enumerate(reversed(list(estimates))):
        axes.plot([low, high], [row, row], color=ACCENT, linewidth=2)
        axes.plot([estimate], [row], "o", color=ACCENT, markersize=5)
    axes.axvline(mark, color=ALARM, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(names)), list(names)[::-1])
    axes.set_ylim(-0.6, len(names) - 0.4)
    return _as_markdown(figure, title)


def histogram(title: str, values: Sequence[float], *, unit: str) -> dg.MarkdownMetadataValue:
    """How values are spread."""
    figure, axes = _canvas(title)
    axes.hist(values, bins=30, color=ACCENT, rwidth=0.92)
    axes.set_xlabel(unit, fontsize=8, color=INK)
    return _as_markdown(figure, title)


def _canvas(title: str, height: float = 2.2) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10, loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _as_markdown(figure: Figure, title: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return dg.MetadataValue.md(f"![{_plain(title)}](data:image/png;base64,{encoded})")


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    digits = ",.0f" if abs(value) >= 1_000 else ",.2f" if abs(value) >= 1 else ",.4g"
    return f"{value:{digits}}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))


def _plain(text: str) -> str:
    """Vendors' text must not become markup: no tag, link, picture, code or new line."""
    return "".join(_ESCAPED.get(c, c) if c.isprintable() else " " for c in text)
