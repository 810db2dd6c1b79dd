"""What is refused before anybody is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from stock_assets.errors import AuthError, BadRange, BadSymbol, NotFound
from stock_assets.vendors.questions import check_days, check_key, check_share, is_near

DAY = date(2026, 11, 19)


def test_a_missing_key_names_its_setting() -> None:
    assert check_key("ACME_API_KEY", "k", "Acme") == "k"
    for key in (None, ""):
        with pytest.raises(AuthError, match="set ACME_API_KEY"):
            check_key("ACME_API_KEY", key, "Acme")


def test_days_are_in_order() -> None:
    check_days(DAY, DAY)
    with pytest.raises(BadRange, match="swap"):
        check_days(DAY, DAY - timedelta(days=1))


def test_only_shares_are_asked_for() -> None:
    assert check_share("BRK.B", "Acme") == "BRK.B"
    for symbol in ("^GSPC", "USDINR=X"):
        with pytest.raises(NotFound, match="ask Yahoo"):
            check_share(symbol, "Acme")
    with pytest.raises(BadSymbol):
        check_share("AAPL/../x", "Acme")


def test_less_than_a_day_outside_of_the_range_is_near() -> None:
    midnight = datetime(2026, 11, 19, tzinfo=UTC)
    day, second = timedelta(days=1), timedelta(seconds=1)
    near = (midnight - day, midnight, midnight + 2 * day - second)
    far = (midnight - day - second, midnight + 2 * day)
    assert all(is_near(at, DAY, DAY) for at in near)
    assert not any(is_near(at, DAY, DAY) for at in far)
