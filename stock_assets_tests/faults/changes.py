"""Changes of vendors' answers, as the twin's rules have them.

Belongs here: writing them shortly. Does not belong here: which request is struck (cases.py).
"""

from __future__ import annotations

from typing import Any, Final

QUOTE: Final = "$.chart.result[0].indicators.quote[0]"
"""The columns of Yahoo's chart."""
SERIES: Final = "$['Time Series (Daily)']"
"""The entries of Alpha Vantage's daily series, by day."""


def change(jsonpath: str, op: str, *value: Any) -> dict[str, Any]:
    """One operation at one place; see ``stock_assets.sandbox.faults.mutations``."""
    given = {"value": value[0]} if value else {}
    return {"kind": "mutate", "jsonpath": jsonpath, "op": op, **given}


def body(text: str, content_type: str = "application/json", **more: Any) -> dict[str, Any]:
    """Another body in the place of the vendor's."""
    return {"kind": "replace_body", "text": text, "content_type": content_type, **more}
