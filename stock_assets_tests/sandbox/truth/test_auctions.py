"""The Treasury's timetable and the numbers of securities."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from stock_assets.sandbox.truth.auctions import auctions
from stock_assets.sandbox.truth.treasury import (
    business_day_after,
    debts,
    is_business_day,
    rates,
    rolled,
)

SEED = 3
A_REAL_BILL = "912797SU2"


def check_digit(text: str) -> int:
    """The published rule, written once more: double every second value, add the digits."""
    values = [int(letter, 36) * (2 if place % 2 else 1) for place, letter in enumerate(text)]
    return (10 - sum(value // 10 + value % 10 for value in values) % 10) % 10


def test_the_rule_of_check_digits_is_that_of_a_real_security() -> None:
    assert check_digit(A_REAL_BILL[:8]) == int(A_REAL_BILL[8])


def test_every_cusip_has_its_check_digit_and_means_one_security() -> None:
    maturities = defaultdict(set)
    for one in auctions(SEED):
        assert int(one.cusip[8]) == check_digit(one.cusip[:8])
        maturities[one.cusip].add((one.maturity_on, one.kind.is_tips, one.kind.is_frn))
    assert {len(found) for found in maturities.values()} == {1}


def test_days_come_in_order_and_are_business_days() -> None:
    for one in auctions(SEED):
        assert one.announced_on < one.auction_on < one.issue_on < one.maturity_on
        assert is_business_day(one.announced_on)
        assert is_business_day(one.auction_on)
        assert is_business_day(one.issue_on)
        assert one.announced_at < one.results_at


def test_every_week_brings_bills_and_every_month_the_others() -> None:
    year = [one for one in auctions(SEED) if one.auction_on.year == 2025]
    terms = Counter((one.kind.term, one.kind.is_tips, one.kind.is_frn) for one in year)
    assert terms["13-Week", False, False] in (52, 53)
    assert terms["10-Year", False, False] == terms["2-Year", False, True] == 12
    assert terms["10-Year", True, False] == 6
    assert {one.term for one in year if one.kind.term == "30-Year"} == {
        "30-Year",
        "29-Year 11-Month",
        "29-Year 10-Month",
    }


def test_equal_seeds_give_equal_auctions_and_others_other_results() -> None:
    auctions.cache_clear()
    again, other = auctions(SEED), auctions(SEED + 1)
    assert auctions(SEED) == again
    assert [one.cusip for one in other] == [one.cusip for one in again]
    assert [one.results for one in other] != [one.results for one in again]


def test_federal_holidays_are_not_those_of_the_exchange() -> None:
    assert not is_business_day(date(2025, 10, 13))
    assert not is_business_day(date(2026, 7, 3))
    assert not is_business_day(date(2021, 12, 31))
    assert is_business_day(date(2026, 4, 3))
    assert is_business_day(date(2020, 6, 19))
    assert business_day_after(date(2025, 10, 10)) == date(2025, 10, 14)
    assert rolled(date(2025, 10, 13), -1) == date(2025, 10, 10)


def test_debt_and_rates_are_public_after_their_day() -> None:
    for debt in debts(SEED)[::50]:
        assert timedelta() < debt.public_at.date() - debt.day <= timedelta(days=5)
        assert debt.held_by_public > debt.intragovernmental > 0
    for rate in rates(SEED)[::100]:
        assert timedelta(days=5) <= rate.public_at.date() - rate.day <= timedelta(days=10)
        assert 0 <= rate.percent < 12
