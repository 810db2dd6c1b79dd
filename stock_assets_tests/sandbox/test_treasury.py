"""FiscalData as the twin serves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.auctions import auctions

ROOT = "/treasury/services/api/fiscal_service"
DEBT = f"{ROOT}/v2/accounting/od/debt_to_penny"
RATES = f"{ROOT}/v2/accounting/od/avg_interest_rates"
AUCTIONS = f"{ROOT}/v1/accounting/od/auctions_query"
UPCOMING = f"{ROOT}/v1/accounting/od/upcoming_auctions"


def ask(http: httpx.Client, path: str, **query: str) -> dict[str, Any]:
    names = {"number": "page[number]", "size": "page[size]"}
    answer = http.get(path, params={names.get(key, key): value for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_debt_has_the_documented_envelope_and_texts(http: httpx.Client) -> None:
    found = ask(http, DEBT, filter="record_date:gte:2025-01-01,record_date:lte:2025-03-31")
    row = found["data"][0]
    assert list(row) == [
        "record_date",
        "debt_held_public_amt",
        "intragov_hold_amt",
        "tot_pub_debt_out_amt",
        "src_line_nbr",
        "record_fiscal_year",
        "record_fiscal_quarter",
        "record_calendar_year",
        "record_calendar_quarter",
        "record_calendar_month",
        "record_calendar_day",
    ]
    assert row["record_date"] == "2025-01-02"
    assert [row[name] for name in list(row)[5:]] == ["2025", "2", "2025", "1", "01", "02"]
    for one in found["data"]:
        assert all(isinstance(value, str) for value in one.values())
        cents = [int(one[name].replace(".", "")) for name in list(row)[1:4]]
        assert cents[0] + cents[1] == cents[2]
    assert found["meta"]["labels"]["debt_held_public_amt"] == "Debt Held Public Amt"
    assert found["meta"]["dataTypes"]["tot_pub_debt_out_amt"] == "CURRENCY"
    assert (found["meta"]["count"], found["meta"]["total-pages"]) == (61, 1)
    assert found["links"] == {
        "self": "&page%5Bnumber%5D=1&page%5Bsize%5D=100",
        "first": "&page%5Bnumber%5D=1&page%5Bsize%5D=100",
        "prev": None,
        "next": None,
        "last": "&page%5Bnumber%5D=1&page%5Bsize%5D=100",
    }


def test_debt_is_published_on_the_next_business_day_at_three(
    http: httpx.Client, clock: TwinClock
) -> None:
    # After Thursday's figures came Friday; Friday's come on Monday.
    assert ask(http, DEBT, sort="-record_date", size="1")["data"][0]["record_date"] == "2026-11-19"
    clock.fix(clock.now().replace(day=23, hour=19, minute=59))
    assert ask(http, DEBT, sort="-record_date", size="1")["data"][0]["record_date"] == "2026-11-19"
    clock.advance(timedelta(minutes=1))
    assert ask(http, DEBT, sort="-record_date", size="1")["data"][0]["record_date"] == "2026-11-20"


def test_average_rates_come_on_the_fifth_business_day(http: httpx.Client, clock: TwinClock) -> None:
    clock.fix(clock.now().replace(day=6, hour=20))
    newest = ask(http, RATES, sort="-record_date,security_desc", size="12")["data"]
    assert {row["record_date"] for row in newest} == {"2026-09-30"}
    clock.advance(timedelta(hours=2))
    newest = ask(http, RATES, sort="-record_date,security_desc", size="12")["data"]
    assert {row["record_date"] for row in newest} == {"2026-10-31"}
    assert all(0 < float(row["avg_interest_rate_amt"]) < 10 for row in newest)


def test_an_auction_is_updated_in_place_when_it_has_been_held(
    http: httpx.Client, twin: RunningTwin, clock: TwinClock
) -> None:
    one = next(a for a in auctions(twin.twin.truth.seed) if str(a.auction_on) > "2026-06-01")
    where = f"cusip:eq:{one.cusip},auction_date:eq:{one.auction_on}"
    rows = []
    for at in (
        one.announced_at - timedelta(seconds=1),
        one.announced_at,
        one.results_at - timedelta(seconds=1),
        one.results_at,
    ):
        clock.fix(at)
        rows.append(ask(http, AUCTIONS, filter=where)["data"])
    assert [len(found) for found in rows] == [0, 1, 1, 1]
    assert rows[1] == rows[2]
    before, after = rows[2][0], rows[3][0]
    assert before["bid_to_cover_ratio"] == before["total_accepted"] == "null"
    assert float(after["bid_to_cover_ratio"]) == one.results.bid_to_cover
    changed = {name for name in after if before[name] != after[name]}
    assert all(before[name] == "null" for name in changed)
    assert after["record_date"] == after["issue_date"] > after["auction_date"]


def test_results_of_auctions_add_up(http: httpx.Client) -> None:
    rows = ask(http, AUCTIONS, filter="auction_date:gte:2024-01-01", size="10000")["data"]
    held = [row for row in rows if row["total_accepted"] != "null"]
    assert 0 < len(rows) - len(held) < 15
    assert {row["security_type"] for row in held} == {"Bill", "Note", "Bond"}
    assert len(rows[0]) == 114
    for row in held:
        money = {k: int(v) for k, v in row.items() if k.endswith(("_accepted", "_tendered")) and
                 v.isdigit()}  # fmt: skip
        for what in ("accepted", "tendered"):
            bidders = ("primary_dealer", "direct_bidder", "indirect_bidder")
            assert money[f"comp_{what}"] == sum(money[f"{b}_{what}"] for b in bidders)
        small = money["noncomp_accepted"] + money["fima_noncomp_accepted"]
        sold = money["comp_accepted"] + small
        assert money["total_accepted"] == sold + money["soma_accepted"]
        assert sold == int(row["offering_amt"])
        cover = (money["comp_tendered"] + small) / sold
        assert float(row["bid_to_cover_ratio"]) == round(cover, 2)
        rates = [row[name] != "null" for name in ("high_discnt_rate", "high_yield")]
        is_bill = row["security_type"] == "Bill"
        assert rates == [is_bill, not is_bill and row["floating_rate"] == "No"]
        assert 0 < float(row["price_per100"]) < 101


def test_a_cusip_comes_again_when_its_security_is_reopened(http: httpx.Client) -> None:
    rows = ask(http, AUCTIONS, filter="auction_date:gte:2024-01-01", size="10000")["data"]
    keys = {(row["cusip"], row["auction_date"]) for row in rows}
    assert len(keys) == len(rows) > len({row["cusip"] for row in rows})
    first = {row["cusip"] for row in rows if row["reopening"] == "No"}
    again = [r for r in rows if r["reopening"] == "Yes" and r["auction_date"] > "2024-08-01"]
    assert all(row["cusip"] in first for row in again)


def test_upcoming_auctions_say_how_much_once_it_is_announced(http: httpx.Client) -> None:
    rows = ask(http, UPCOMING)["data"]
    assert list(rows[0]) == [
        "record_date",
        "security_type",
        "security_term",
        "reopening",
        "cusip",
        "offering_amt",
        "announcemt_date",
        "auction_date",
        "issue_date",
    ]
    for row in rows:
        assert row["auction_date"] > "2026-11-20"
        assert (row["offering_amt"] == "null") == (row["announcemt_date"] > "2026-11-20")
    assert {row["offering_amt"] == "null" for row in rows} == {True, False}


def test_pages_in_a_total_order_make_the_whole_listing(http: httpx.Client) -> None:
    query = {"filter": "auction_date:gte:2026-01-01", "sort": "-auction_date,cusip"}
    whole = ask(http, AUCTIONS, **query, size="10000")
    parts: list[Any] = []
    for number in range(1, 100):
        page = ask(http, AUCTIONS, **query, size="50", number=str(number))
        parts += page["data"]
        if page["links"]["next"] is None:
            break
        assert page["links"]["next"] == f"&page%5Bnumber%5D={number + 1}&page%5Bsize%5D=50"
    assert parts == whole["data"]
    assert page["meta"]["total-pages"] == number > 2
    assert page["meta"]["total-count"] == len(parts)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("security_type:eq:Bond", {"Bond"}),
        ("security_type:in:(Note,Bond)", {"Note", "Bond"}),
        ("bid_to_cover_ratio:gt:2.9,bid_to_cover_ratio:lt:10", {"Bill", "Note", "Bond"}),
        ("floating_rate:eq:Yes,offering_amt:gte:1000000", {"Note"}),
    ],
)
def test_filters_compare_numbers_as_numbers(
    http: httpx.Client, condition: str, expected: set[str]
) -> None:
    where = f"auction_date:gte:2024-01-01,{condition}"
    rows = ask(http, AUCTIONS, filter=where, size="10000")["data"]
    assert {row["security_type"] for row in rows} == expected


def test_nothing_found_is_no_error(http: httpx.Client) -> None:
    found = ask(http, DEBT, filter="record_date:lt:1900-01-01")
    assert found["data"] == []
    assert (found["meta"]["total-count"], found["meta"]["total-pages"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"page[size]": "10001"}, "Limit '10001' is invalid. Expected an integer between 1 and"),
        ({"page[size]": "0"}, "Limit '0' is invalid"),
        ({"page[number]": "99999"}, "Page number '99999' is invalid"),
        ({"page[number]": "x"}, "Page number 'x' is invalid"),
        ({"filter": "amount:gt:1"}, "Field 'amount' is invalid"),
        ({"filter": "record_date:near:2025-01-01"}, "Operator 'near' is invalid"),
        ({"filter": "record_date"}, "Filter 'record_date' is invalid"),
        ({"sort": "amount"}, "Field 'amount' is invalid"),
        ({"fields": "amount"}, "Field 'amount' is invalid"),
        ({"format": "yaml"}, "Format 'yaml' is invalid"),
    ],
)
def test_a_wrong_query_is_refused_in_fiscaldatas_words(
    http: httpx.Client, query: dict[str, str], words: str
) -> None:
    answer = http.get(DEBT, params=query)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid Query Param"
    assert answer.json()["message"].startswith(f"Invalid query parameter: {words}")


def test_an_unknown_dataset_is_a_web_page_and_only_get_is_allowed(http: httpx.Client) -> None:
    lost = http.get(f"{ROOT}/v1/accounting/od/debts")
    assert (lost.status_code, lost.headers["content-type"][:9]) == (404, "text/html")
    assert http.post(DEBT).status_code == 405


def test_chosen_fields_come_alone(http: httpx.Client) -> None:
    found = ask(http, DEBT, fields="record_date,tot_pub_debt_out_amt", size="3")
    assert all(set(row) == {"record_date", "tot_pub_debt_out_amt"} for row in found["data"])
