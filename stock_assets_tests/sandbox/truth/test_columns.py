from __future__ import annotations

import pytest

from stock_assets.errors import BadRecording
from stock_assets.sandbox.truth.columns import map_columns

PLAIN = ["symbol", "date", "open", "high", "low", "close", "volume"]


@pytest.mark.parametrize(
    "names",
    [
        PLAIN,
        ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Dividends", "Stock Splits"],
        ["symbol", "timestamp", "1. open", "2. high", "3. low", "4. close", "5. volume"],
    ],
)
def test_usual_names_find_their_roles(names: list[str]) -> None:
    mapped = map_columns("f", names, {}, None)
    assert list(mapped.by_role.values())[:7] == names[:7]
    assert set(mapped.scales.values()) == {1.0}


def test_a_column_in_ten_thousandths_is_scaled_and_said() -> None:
    names = ["symbol", "date", "open_e4", "high_e4", "low_e4", "close_e4", "volume"]
    mapped = map_columns("f", names, {}, None)
    assert mapped.scales["close"] == 1e-4
    assert mapped.scales["volume"] == 1.0
    assert "USD x 10,000" in mapped.notes[0]


def test_a_stated_factor_is_for_prices_alone_and_wins() -> None:
    names = ["symbol", "date", "open_e4", "high_e4", "low_e4", "close_e4", "volume", "dividend"]
    mapped = map_columns("f", names, {}, 0.01)
    assert mapped.scales["open"] == 0.01
    assert mapped.scales["dividend"] == mapped.scales["volume"] == 1.0
    assert not any("10,000" in note for note in mapped.notes)


def test_explicit_names_win_over_usual_ones() -> None:
    mapped = map_columns("f", [*PLAIN, "last"], {"close": "last"}, None)
    assert mapped.by_role["close"] == "last"


def test_missing_columns_are_all_named_with_a_cure() -> None:
    with pytest.raises(BadRecording, match=r"no column for high, low among .*--column high=NAME"):
        map_columns("f", ["symbol", "date", "open", "close", "volume"], {}, None)


def test_absent_columns_and_unknown_roles_are_refused() -> None:
    with pytest.raises(BadRecording, match="has no column 'last'"):
        map_columns("f", PLAIN, {"close": "last"}, None)
    with pytest.raises(BadRecording, match="no role 'price'"):
        map_columns("f", PLAIN, {"price": "close"}, None)


def test_missing_dividends_and_splits_are_said() -> None:
    notes = map_columns("f", PLAIN, {}, None).notes
    assert notes == (
        "no column for dividends: none are assumed", "no column for splits: none are assumed",
    )  # fmt: skip
