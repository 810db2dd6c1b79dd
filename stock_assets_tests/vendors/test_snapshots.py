"""Companies that fail do not stop the others; refused keys stop all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stock_assets.errors import AuthError, NotFound, PayloadError, VendorError
from stock_assets.tables import FUNDAMENTALS
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.snapshots import fundamentals_of

NOW = datetime(2026, 11, 19, 20, 47, 3, tzinfo=UTC)


def failing(
    which: dict[str, type[VendorError]],
) -> Callable[[str, list[Answer]], dict[str, Any]]:
    def ask(symbol: str, answers: list[Answer]) -> dict[str, Any]:
        answers.append(Answer(f"GET {symbol}", 200, b"{}", "", NOW, 1))
        if symbol in which:
            raise which[symbol](symbol, reason="a reason", next_action="an action")
        return {"price_usd": 10.0}

    return ask


def test_d22_a_snapshot_is_known_from_now_on_and_belongs_to_its_hour() -> None:
    found = fundamentals_of(["MSFT", "AAPL"], failing({}), "acme", NOW)
    assert found.rows.schema == FUNDAMENTALS.row_schema
    assert found.rows["known_at"].to_pylist() == [NOW, NOW]
    assert set(found.rows["observed_hour"].to_pylist()) == {datetime(2026, 11, 19, 20, tzinfo=UTC)}
    assert found.rows["symbol"].to_pylist() == ["MSFT", "AAPL"]


def test_one_unknown_company_does_not_stop_the_others() -> None:
    ask = failing({"ZZZZ": NotFound, "BAD": PayloadError})
    found = fundamentals_of(["ZZZZ", "AAPL", "BAD"], ask, "acme", NOW)
    assert found.rows["symbol"].to_pylist() == ["AAPL"]
    assert {symbol: type(why) for symbol, why in found.failed.items()} == {
        "ZZZZ": NotFound,
        "BAD": PayloadError,
    }
    assert len(found.answers) == 3


def test_where_nothing_came_the_first_reason_is_raised() -> None:
    with pytest.raises(NotFound):
        fundamentals_of(["ZZZZ"], failing({"ZZZZ": NotFound}), "acme", NOW)


def test_b06_a_refused_key_stops_at_once() -> None:
    asked: list[str] = []

    def ask(symbol: str, _answers: list[Answer]) -> dict[str, Any]:
        asked.append(symbol)
        raise AuthError(symbol, reason="refused", next_action="set the key")

    with pytest.raises(AuthError):
        fundamentals_of(["AAPL", "MSFT"], ask, "acme", NOW)
    assert asked == ["AAPL"]
