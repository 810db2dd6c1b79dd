"""The two membership files as the twin serves them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock

STAYS = "/membership/fja05680/sp500/master/sp500_ticker_start_end.csv"
MEMBERS = "/membership/datasets/s-and-p-500-companies/main/data/constituents.csv"


def rows(http: httpx.Client, path: str) -> list[dict[str, str]]:
    answer = http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_stays_have_joins_leavers_and_a_rename(http: httpx.Client) -> None:
    assert http.get(STAYS).text.startswith("ticker,start_date,end_date\nAAPL,1996-01-02,\n")
    stays = {row["ticker"]: (row["start_date"], row["end_date"]) for row in rows(http, STAYS)}
    assert stays["AVGO"] == ("2014-05-08", "")
    assert stays["INTC"] == ("1996-01-02", "2025-03-24")
    assert stays["FB"] == ("2013-12-23", "2022-06-09")
    assert stays["META"] == ("2022-06-09", "")
    assert stays["SVBX"] == ("2018-03-19", "2025-06-28")


def test_members_are_those_without_an_end_with_their_sectors(http: httpx.Client) -> None:
    members = rows(http, MEMBERS)
    assert list(members[0]) == [
        "Symbol",
        "Security",
        "GICS Sector",
        "GICS Sub-Industry",
        "Headquarters Location",
        "Date added",
        "CIK",
        "Founded",
    ]
    current = {row["ticker"] for row in rows(http, STAYS) if not row["end_date"]}
    assert {row["Symbol"] for row in members} == current
    assert next(r for r in members if r["Symbol"] == "BRK.B")["GICS Sector"] == "Financials"


@pytest.mark.parametrize(
    ("day", "end", "is_member"),
    [(24, "", True), (25, "2025-03-24", False)],
)
def test_a_leaver_is_told_the_day_after(
    http: httpx.Client, clock: TwinClock, day: int, end: str, is_member: bool
) -> None:
    clock.fix(datetime(2025, 3, day, 15, tzinfo=UTC))
    assert next(r for r in rows(http, STAYS) if r["ticker"] == "INTC")["end_date"] == end
    assert ("INTC" in {row["Symbol"] for row in rows(http, MEMBERS)}) is is_member


def test_nobody_who_joins_later_is_in_an_earlier_file(http: httpx.Client, clock: TwinClock) -> None:
    clock.fix(datetime(2016, 1, 4, 15, tzinfo=UTC))
    stays = rows(http, STAYS)
    assert all(row["start_date"] < "2016-01-04" for row in stays)
    assert all(row["end_date"] < "2016-01-04" for row in stays)
    assert "SVBX" not in {row["ticker"] for row in stays}
    assert "META" not in {row["ticker"] for row in stays}


def test_an_unchanged_file_is_not_sent_again(http: httpx.Client) -> None:
    tag = http.get(STAYS).headers["etag"]
    assert http.get(STAYS, headers={"If-None-Match": tag}).status_code == 304
    assert http.get("/membership/fja05680/sp500/master/other.csv").status_code == 404
