"""FiscalData: whole listings, texts to numbers, and when each row was public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow.compute as pc
import pytest

from stock_assets.errors import BadRange, ContractError, NotFound, VendorError
from stock_assets.market import Clock
from stock_assets.sandbox import auction_rows as auction_rows_of_the_twin
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.auctions import auctions
from stock_assets.sandbox.truth.treasury import debts, is_business_day
from stock_assets.tables import TREASURY_AUCTIONS, TREASURY_DEBT, TREASURY_RATES
from stock_assets.vendors.treasury import TREASURY, Treasury
from stock_assets.vendors.treasury_hours import results_clock
from stock_assets.vendors.treasury_rows import auction_rows, debt_rows
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.stub import json_reply, serving

FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
DEBT = {
    "record_date": "2025-01-02",
    "debt_held_public_amt": "28831964741779.76",
    "intragov_hold_amt": "7337992876980.45",
    "tot_pub_debt_out_amt": "36169957618760.21",
    "src_line_nbr": "1",
}
BILL = {
    "cusip": "912797SU2",
    "security_type": "Bill",
    "security_term": "13-Week",
    "auction_date": "2026-01-05",
    "announcemt_date": "2025-12-31",
    "record_date": "2026-01-08",
    "issue_date": "2026-01-08",
    "maturity_date": "2026-04-09",
    "reopening": "Yes",
    "inflation_index_security": "No",
    "floating_rate": "No",
    "offering_amt": "86000000000",
    "total_tendered": "244000000000",
    "total_accepted": "86000000000",
    "bid_to_cover_ratio": "2.840000",
    "high_discnt_rate": "3.540000",
    "high_investment_rate": "3.622000",
    "high_discnt_margin": "null",
    "high_yield": "null",
    "closing_time_comp": "11:30 AM",
}


@pytest.fixture
def treasury(workshop: Workshop, twin: RunningTwin) -> Treasury:
    return Treasury(workshop.transport(twin.url, TREASURY), now=lambda: NOW)


def page(rows: list[Any], total: int | None = None, pages: int = 1) -> dict[str, Any]:
    count = len(rows)
    meta = {"count": count, "total-count": count if total is None else total, "total-pages": pages}
    return {"data": rows, "meta": meta, "links": {}}


def test_debt_is_the_truth_in_dollars(treasury: Treasury, twin: RunningTwin) -> None:
    found = treasury.debt(FIRST, LAST)
    assert found.rows.schema == TREASURY_DEBT.row_schema
    assert found.rejected is None
    rows = found.rows.to_pylist()
    truth = [
        d for d in debts(twin.twin.truth.seed) if FIRST <= d.day <= LAST and d.public_at <= NOW
    ]
    assert [row["record_on"] for row in rows] == [debt.day for debt in truth]
    assert [row["public_usd"] for row in rows] == [debt.held_by_public / 100 for debt in truth]
    assert [row["known_at"] for row in rows] == [debt.public_at for debt in truth]


def test_a_recorded_row_of_debt_is_known_on_the_next_business_day_at_three() -> None:
    friday = {**DEBT, "record_date": "2025-10-10"}
    rows = debt_rows([DEBT, friday], NOW).rows.to_pylist()
    assert rows[0]["total_usd"] == 36_169_957_618_760.21
    assert rows[0]["known_at"] == datetime(2025, 1, 3, 20, tzinfo=UTC)
    # Monday the 13th was Columbus Day, on which the exchange trades and the government does not.
    assert rows[1]["known_at"] == datetime(2025, 10, 14, 19, tzinfo=UTC)


def test_vendor_and_twin_agree_on_business_days() -> None:
    day = date(2010, 1, 4)
    while day.year < 2030:
        known = debt_rows([{**DEBT, "record_date": str(day)}], NOW.replace(year=2040))
        after = known.rows["known_at"].to_pylist()[0].date()
        assert is_business_day(after)
        assert not any(
            is_business_day(day + timedelta(days=n)) for n in range(1, (after - day).days)
        )
        day += timedelta(days=3)


def test_rates_are_known_from_when_they_were_first_seen(treasury: Treasury) -> None:
    found = treasury.rates(date(2026, 1, 1), LAST)
    assert found.rows.schema == TREASURY_RATES.row_schema
    assert pc.unique(found.rows["known_at"]).to_pylist() == [NOW]
    assert max(found.rows["record_on"].to_pylist()) == date(2026, 10, 31)
    assert len(set(found.rows["security"].to_pylist())) == 12


def test_auctions_are_the_truth_and_filtered_by_the_day_of_the_auction(
    treasury: Treasury, twin: RunningTwin
) -> None:
    """D28: the record date is the day of issue."""
    found = treasury.auctions(FIRST, LAST)
    assert found.rows.schema == TREASURY_AUCTIONS.row_schema
    assert found.rejected is None
    truth = {
        (one.cusip, one.auction_on): one
        for one in auctions(twin.twin.truth.seed)
        if FIRST <= one.auction_on <= LAST and one.announced_at <= NOW
    }
    rows = found.rows.to_pylist()
    assert {(row["cusip"], row["auction_on"]) for row in rows} == set(truth)
    assert len({row["cusip"] for row in rows}) < len(rows)
    for row in rows:
        one = truth[row["cusip"], row["auction_on"]]
        assert row["issue_on"] == one.issue_on > one.auction_on
        assert row["offering_usd"] == one.offering
        assert row["is_inflation_indexed"] == one.kind.is_tips
        if one.results_at <= NOW:
            assert row["high_rate_percent"] == one.results.rate
            assert row["accepted_usd"] == one.results.total_accepted
            assert row["known_at"] == min(NOW, one.results_at + timedelta(minutes=10))
        else:
            assert row["high_rate_percent"] is None
            assert row["bid_to_cover"] is None
            assert one.announced_at < row["known_at"] <= NOW


def test_results_come_in_place_and_are_known_from_the_auction_on(
    workshop: Workshop, twin: RunningTwin
) -> None:
    """D26."""
    one = next(
        a for a in auctions(twin.twin.truth.seed) if a.auction_on > date(2026, 5, 1) and a.is_bill
    )
    seen = []
    for at in (one.results_at - timedelta(seconds=1), one.results_at):
        twin.clock.fix(at)
        try:
            treasury = Treasury(workshop.transport(twin.url, TREASURY), now=Clock(at).now)
            rows = treasury.auctions(one.auction_on, one.auction_on).rows.to_pylist()
        finally:
            twin.clock.fix(NOW)
        seen.append(next(row for row in rows if row["cusip"] == one.cusip))
    assert [row["bid_to_cover"] for row in seen] == [None, one.results.bid_to_cover]
    assert seen[0]["offering_usd"] == seen[1]["offering_usd"] == one.offering
    assert seen[0]["known_at"] < seen[1]["known_at"] == one.results_at


def test_a_recorded_bill_has_its_discount_rate_and_is_known_minutes_after_half_past_eleven() -> (
    None
):
    row = auction_rows([BILL], NOW).rows.to_pylist()[0]
    assert row["high_rate_percent"] == 3.54
    assert row["bid_to_cover"] == 2.84
    assert row["is_reopening"] is True
    assert row["known_at"] == datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
    late = auction_rows([{**BILL, "closing_time_comp": "01:00 PM"}], NOW).rows
    assert late["known_at"].to_pylist() == [datetime(2026, 1, 5, 18, 10, tzinfo=UTC)]
    looked = datetime(2026, 1, 5, 16, 33, tzinfo=UTC)
    assert auction_rows([BILL], looked).rows["known_at"].to_pylist() == [looked]


@pytest.mark.parametrize(
    ("kind", "closing", "known"),
    [
        ("Bill", None, time(11, 40)),
        ("Note", "soon", time(13, 10)),
        ("Bond", "01:30 PM", time(13, 40)),
        ("Note", "11:30 AM", time(13, 10)),
        ("Bill", "11:55 PM", time.max),
    ],
)
def test_nobody_has_results_at_the_moment_at_which_bidding_closes(
    kind: str, closing: str | None, known: time
) -> None:
    assert results_clock(kind, closing) == known


@pytest.mark.parametrize(
    ("kind", "floating", "column"),
    [
        ("Bill", "No", "high_discnt_rate"),
        ("Note", "No", "high_yield"),
        ("Bond", "null", "high_yield"),
        ("Note", "Yes", "high_discnt_margin"),
    ],
)
def test_each_kind_of_security_has_its_own_rate(kind: str, floating: str, column: str) -> None:
    rates = {"high_discnt_rate": "null", "high_yield": "null", "high_discnt_margin": "null"}
    row = {**BILL, **rates, "security_type": kind, "floating_rate": floating, column: "1.250000"}
    assert auction_rows([row], NOW).rows["high_rate_percent"].to_pylist() == [1.25]


def test_an_announced_auction_is_known_from_the_end_of_its_day() -> None:
    results = ("total_tendered", "total_accepted", "bid_to_cover_ratio", "high_discnt_rate")
    row = auction_rows([{**BILL, **dict.fromkeys(results, "null")}], NOW).rows.to_pylist()[0]
    assert row["accepted_usd"] is None
    assert row["known_at"] == datetime(2026, 1, 1, 5, tzinfo=UTC)


def test_pages_make_the_same_listing_whatever_their_size(
    workshop: Workshop, twin: RunningTwin, treasury: Treasury
) -> None:
    small = Treasury(workshop.transport(twin.url, TREASURY), now=lambda: NOW, page_size=37)
    for ask in ("debt", "rates", "auctions"):
        whole = getattr(treasury, ask)(date(2026, 1, 1), LAST)
        parts = getattr(small, ask)(date(2026, 1, 1), LAST)
        assert parts.rows.equals(whole.rows)
        assert len(parts.answers) > len(whole.answers) == 1


def test_a_range_without_rows_is_empty(treasury: Treasury) -> None:
    assert treasury.debt(date(2001, 1, 1), date(2001, 2, 1)).rows.num_rows == 0
    with pytest.raises(BadRange):
        treasury.debt(LAST, FIRST)


@pytest.mark.parametrize(
    "change",
    [
        {"tot_pub_debt_out_amt": "36169957618761.21"},
        {"tot_pub_debt_out_amt": 36169957618760.21},
        {"tot_pub_debt_out_amt": "."},
        {"debt_held_public_amt": "NaN"},
        {"intragov_hold_amt": "1e5"},
        {"record_date": "null"},
        {"record_date": "2025-02-30"},
        {"record_date": "20250102"},
        {"intragov_hold_amt": ""},
    ],
    ids=str,
)
def test_a_malformed_row_is_put_aside_and_the_others_stay(change: dict[str, object]) -> None:
    """C07, C14."""
    other = {**DEBT, "record_date": "2025-01-03"}
    found = debt_rows([{**DEBT, **change}, other], NOW)
    assert found.rows["record_on"].to_pylist() == [date(2025, 1, 3)]
    assert found.rejected is not None
    assert found.rejected["target"].to_pylist() == ["treasury_debt"]


def test_missing_is_the_word_null_and_nought_is_a_number() -> None:
    row = {**DEBT, "debt_held_public_amt": "null", "intragov_hold_amt": "0.00"}
    known = debt_rows([row], NOW).rows.to_pylist()[0]
    assert known["public_usd"] is None
    assert known["intragov_usd"] == 0.0


def test_a_field_that_is_gone_is_told_row_by_row() -> None:
    renamed = {key: value for key, value in BILL.items() if key != "bid_to_cover_ratio"}
    found = auction_rows([renamed], NOW)
    assert found.rows.num_rows == 0
    assert found.rejected is not None
    assert "bid_to_cover_ratio is missing" in found.rejected["reason"].to_pylist()[0]


def test_doubles_fall_together_and_contradictions_are_put_aside() -> None:
    """C10."""
    same = auction_rows([BILL, BILL], NOW)
    assert (same.rows.num_rows, same.doubled) == (1, 1)
    differ = auction_rows([BILL, {**BILL, "bid_to_cover_ratio": "2.900000"}], NOW)
    assert differ.rows.num_rows == 0
    assert differ.rejected is not None
    assert sorted(differ.rejected["bid_to_cover"].to_pylist()) == [2.84, 2.9]


MALFORMED = {**BILL, "cusip": "912797XX1", "issue_date": "2026-02-30"}


def test_one_row_that_cannot_be_read_changes_nothing_about_the_others(
    twin: RunningTwin,
) -> None:
    """C07: rows that are all plain are read as columns, others one by one."""
    rows = [
        held if one.results_at <= NOW else auction_rows_of_the_twin.announced(one)
        for one in auctions(twin.twin.truth.seed)
        if FIRST <= one.auction_on <= LAST and one.announced_at <= NOW
        for held in (auction_rows_of_the_twin.held(one),)
    ]
    plain, careful = auction_rows(rows, NOW), auction_rows([*rows, MALFORMED], NOW)
    assert plain.rejected is None
    assert careful.rejected is not None
    assert careful.rejected["reason"].to_pylist() == ["issue_date is '2026-02-30', not a day"]
    assert plain.rows.num_rows == len(rows) > 100
    assert plain.rows.equals(careful.rows)


@pytest.mark.parametrize(
    "change",
    [
        {"security_term": " 13-Week "},
        {"security_term": ""},
        {"security_term": None},
        {"security_type": " Bill"},
        {"security_type": "Note", "high_yield": "4.125000"},
        {"closing_time_comp": "1:00 PM"},
        {"closing_time_comp": "25:00 PM"},
        {"closing_time_comp": "null"},
        {"announcemt_date": "null"},
        {"announcemt_date": None, "bid_to_cover_ratio": None, "total_accepted": "null"},
        {"bid_to_cover_ratio": "null"},
        {"floating_rate": "null"},
        {"reopening": None},
        {"floating_rate": "Yes", "security_type": "Note", "high_discnt_margin": "-0.125"},
        {"offering_amt": "86000000000.123456"},
        {"auction_date": "2026-03-09", "announcemt_date": "2026-03-05"},
        {"auction_date": "2027-01-04"},
    ],
    ids=str,
)
def test_an_auction_is_the_same_alone_and_beside_one_that_cannot_be_read(
    change: dict[str, object],
) -> None:
    row = {**BILL, **change}
    alone, beside = auction_rows([row], NOW), auction_rows([MALFORMED, row], NOW)
    assert alone.rejected is None
    assert alone.rows.num_rows == 1
    assert alone.rows.equals(beside.rows)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cusip": "912797su2"}, "not a CUSIP"),
        ({"cusip": "912797SU2,912797SU3"}, "not a CUSIP"),
        ({"cusip": "null"}, "cusip is empty"),
        ({"security_type": ""}, "security_type is empty"),
        ({"security_type": 7}, "security_type is 7, not a text"),
        ({"security_term": ["13-Week"]}, "not a text"),
        ({"auction_date": None}, "auction_date is empty"),
        ({"auction_date": "2026-01-32"}, "not a day"),
        ({"maturity_date": 20260409}, "not a text"),
        ({"reopening": "yes"}, "neither Yes nor No"),
        ({"reopening": True}, "not a text"),
        ({"offering_amt": "8.6e10"}, "not a number"),
        ({"offering_amt": 86_000_000_000}, "not a text"),
        ({"offering_amt": ".5"}, "not a number"),
        ({"bid_to_cover_ratio": ""}, "not a number"),
        ({"high_discnt_rate": "3.54 %"}, "not a number"),
    ],
    ids=str,
)
def test_what_is_wrong_with_one_auction_puts_it_aside_alone(
    change: dict[str, object], reason: str
) -> None:
    """C07."""
    found = auction_rows([{**BILL, **change}, {**BILL, "cusip": "912797AA1"}], NOW)
    assert found.rows["cusip"].to_pylist() == ["912797AA1"]
    assert found.rejected is not None
    (why,) = found.rejected["reason"].to_pylist()
    assert reason in why


def other(number: int) -> dict[str, str]:
    return {**DEBT, "record_date": f"2025-01-{number:02d}"}


def test_a_listing_that_grows_while_it_is_read_is_read_again(workshop: Workshop) -> None:
    """C05."""
    replies = [
        json_reply(page([other(2), other(3)], 3, 2)),
        json_reply(page([other(3), other(6)], 4, 2)),
        json_reply(page([other(1), other(2)], 4, 2)),
        json_reply(page([other(3), other(6)], 4, 2)),
    ]
    with serving(*replies) as stub:
        treasury = Treasury(workshop.transport(stub.url, TREASURY), now=lambda: NOW, page_size=2)
        found = treasury.debt(FIRST, LAST)
    assert found.rows.num_rows == 4
    assert len(found.answers) == len(stub.asked) == 4
    assert "page%5Bnumber%5D=2" in stub.asked[1]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"data": [DEBT]}, id="C06-no-meta"),
        pytest.param({"rows": [], "meta": {}}, id="C06-no-data"),
        pytest.param({**page([DEBT]), "data": []}, id="C02-count"),
        pytest.param({**page([DEBT]), "data": ["x"]}, id="C07-not-objects"),
        pytest.param(page([DEBT], total=7), id="C02-total"),
        pytest.param(page([DEBT], pages=1_000), id="C04-endless"),
        pytest.param(page([DEBT] * 3), id="C02-more-than-asked"),
        pytest.param([], id="C07-list"),
    ],
)
def test_pages_that_do_not_make_one_listing_are_refused(workshop: Workshop, body: object) -> None:
    with serving(json_reply(body)) as stub:
        treasury = Treasury(workshop.transport(stub.url, TREASURY), now=lambda: NOW, page_size=2)
        with pytest.raises(ContractError):
            treasury.debt(FIRST, LAST)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (json_reply({"error": "Invalid Query Param", "message": "no"}, 400), ContractError),
        (json_reply({}, 404), NotFound),
    ],
)
def test_a_refusal_is_a_typed_error(
    workshop: Workshop, reply: Callable[..., None], kind: type[VendorError]
) -> None:
    with serving(reply) as stub:
        treasury = Treasury(workshop.transport(stub.url, TREASURY), now=lambda: NOW)
        with pytest.raises(kind):
            treasury.debt(FIRST, LAST)
