"""What people look at: figures as they are, vendors' text as text, pictures that are pictures."""

from __future__ import annotations

import base64
import re
import struct
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date

import dagster as dg
import pyarrow as pa
import pytest

from stock_assets.assets.exhibits import (
    PREVIEW_ROWS,
    bar_chart,
    feed_metadata,
    glance,
    histogram,
    interval_chart,
    line_chart,
    preview,
)
from stock_assets.ingest.report import FeedReport

DAY = date(2025, 7, 31)
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](http://evil.test/pixel.png)",
    "a | b | c",
    "one\ntwo\r\n# three",
    "`code` and *loud*",
    "back\\|slash",
    "\x1b[31mred\x1b[0m \u202edesrever",
    "&lt;script&gt;",
]
MARKUP = re.compile(r"(?<!\\)(?:\\\\)*[<>`*\[\]|]|&(?!amp;|lt;|gt;)|[\n\r\x1b\u202e]")
"""A character that would be read as markup: not escaped, or escaped only in appearance."""


def text_of(shown: dg.MarkdownMetadataValue) -> str:
    assert shown.value is not None
    return shown.value


def png_size(shown: dg.MarkdownMetadataValue) -> tuple[int, int]:
    """Width and height of the picture that a markdown text consists of."""
    found = re.fullmatch(r"!\[.*\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", text_of(shown))
    assert found, text_of(shown)[:80]
    body = base64.b64decode(found[1], validate=True)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    assert body.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", body[16:24])
    return int(width), int(height)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_vendors_text_in_a_preview_is_text(text: str) -> None:
    """S07, S09."""
    lines = text_of(preview(pa.table({"name": [text]}))).split("\n")
    assert len(lines) == 3
    cell = lines[2].removeprefix("| ").removesuffix(" |")
    assert not MARKUP.search(cell), cell


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_vendors_words_about_a_failure_are_text(text: str) -> None:
    report = FeedReport("raw/yahoo_prices", "yahoo", DAY, DAY, failed={"AAPL": text})
    said = text_of(feed_metadata(report, stored=0)["failed"])
    assert said.startswith("- **AAPL**: ")
    assert not MARKUP.search(said.removeprefix("- **AAPL**: ")), said


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_vendors_text_in_a_title_is_text(text: str) -> None:
    said = text_of(glance(text, [1.0, 2.0]))
    assert said.count("\n") == 2
    assert not MARKUP.search(said.split("\n\n")[1]), said


def test_a_title_cannot_end_its_picture_and_begin_another() -> None:
    said = text_of(bar_chart("](http://evil.test/x.png) ![", ["a"], [1.0], unit=""))
    title = said.removeprefix("![").rpartition("](data:image/png;base64,")[0]
    assert title == "\\](http://evil.test/x.png) !\\["


def test_a_preview_has_the_first_rows_and_the_columns_that_were_asked_for() -> None:
    rows = pa.table(
        {"symbol": [f"S{n}" for n in range(20)], "close_usd": [1.5] * 20, "x": [0] * 20}
    )
    lines = text_of(preview(rows, ["close_usd", "symbol"])).split("\n")
    assert lines[:3] == ["| close_usd | symbol |", "|---|---|", "| 1.50 | S0 |"]
    assert len(lines) == 2 + PREVIEW_ROWS


def test_a_preview_of_nothing_shows_the_columns() -> None:
    rows = pa.table({"symbol": pa.array([], pa.string())})
    assert text_of(preview(rows)) == "| symbol |\n|---|"


def test_a_feeds_run_is_told_in_figures_with_gaps_and_what_was_put_aside_by_cause() -> None:
    report = FeedReport("raw/yahoo_prices", "yahoo", DAY, DAY, expected=10, already_stored=2)
    report.count_load(
        "load-1",
        received=8,
        appended=6,
        unchanged=1,
        restated=1,
        quarantined_rows=1,
        quarantined={"low_in_bounds": 1, "close_in_bounds": 1},
    )
    report.gaps = Counter({"no_bar": 1, "failed": 1})
    report.requests, report.bytes_received = 4, 12_345
    shown = feed_metadata(report, stored=8)
    assert shown["dagster/row_count"] == 8
    assert shown["session"] == str(DAY)
    assert (shown["bars expected"], shown["bars stored before"]) == (10, 2)
    assert (shown["requests"], shown["bytes received"]) == (4, 12_345)
    assert (shown["rows received"], shown["rows new"], shown["rows put aside"]) == (8, 6, 1)
    assert (shown["rows unchanged"], shown["rows restated"]) == (1, 1)
    assert shown["put aside by rule"] == "1 close_in_bounds, 1 low_in_bounds"
    assert shown["bars missing by cause"] == "1 failed, 1 no_bar"
    assert shown["loads"] == "load-1"
    assert "failed" not in shown


def test_a_run_with_nothing_new_says_so() -> None:
    shown = feed_metadata(FeedReport("raw/yahoo_prices", "yahoo", DAY, DAY), stored=3)
    assert shown["loads"] == "none: nothing was new"


def test_every_chart_is_a_png_in_markdown() -> None:
    days = [date(2025, 7, day) for day in (28, 29, 30, 31)]
    charts = [
        line_chart("Closes", days, {"AAPL": [1.0, 2.0, 1.5, 3.0], "MSFT": [2.0, 2.0, 2.0, 2.0]}),
        line_chart("One point", days[:1], {"AAPL": [1.0]}),
        bar_chart("Volumes", ["AAPL", "MSFT"], [3e6, 2e6], unit="shares"),
        interval_chart("AUC", ["forest", "base"], [(0.5, 0.52, 0.54), (0.5, 0.5, 0.5)], mark=0.5),
        histogram("Sure", [0.1, 0.5, 0.9], unit="probability"),
        histogram("Nothing", [], unit="probability"),
    ]
    for chart in charts:
        width, height = png_size(chart)
        assert 600 < width < 800
        assert 90 < height < 400


def test_more_bars_make_a_taller_chart() -> None:
    names = [f"S{n}" for n in range(20)]
    tall = bar_chart("Volumes", names, [float(n) for n in range(20)], unit="shares")
    assert png_size(tall)[1] > 2 * png_size(bar_chart("V", names[:2], [1.0, 2.0], unit=""))[1]


@pytest.mark.parametrize(
    "values", [[5.0], [5.0, 5.0], [float(n % 7) for n in range(5_000)]], ids=["one", "flat", "many"]
)
def test_a_glance_is_a_small_line_with_its_figures(values: list[float]) -> None:
    said = text_of(glance("AAPL, close", values))
    assert len(said) < 1_500
    found = re.match(r"!\[\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)\n\n(.*)$", said)
    assert found
    (line,) = ET.fromstring(base64.b64decode(found[1]))
    points = [tuple(map(float, p.split(","))) for p in line.attrib["points"].split()]
    assert len(points) == min(len(values), -(-len(values) // max(1, -(-len(values) // 60))))
    assert all(0 <= x <= 300 and 0 <= y <= 40 for x, y in points)
    low, high = min(values), max(values)
    assert f"(lowest {low:,.4g}" in found[2] or f"(lowest {low:,.2f}" in found[2]
    assert f"highest {high:,.2f})" in found[2]
