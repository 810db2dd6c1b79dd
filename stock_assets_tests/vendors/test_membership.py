"""Who was in the index: stays with their days, and today's members."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from stock_assets.errors import ContractError, PayloadError, VendorError, VendorOutage
from stock_assets.market import Clock
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.membership import stays
from stock_assets.tables import INDEX_MEMBERSHIP
from stock_assets.vendors.membership import (
    MEMBERSHIP,
    Membership,
    member_rows,
    newest_change,
    stay_rows,
)
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.stub import reply, serving

HEADER = "ticker,start_date,end_date\n"
MEMBERS = "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK\n"


@pytest.fixture
def membership(workshop: Workshop, twin: RunningTwin) -> Membership:
    return Membership(workshop.transport(twin.url, MEMBERSHIP), now=lambda: NOW)


def file(*lines: str) -> bytes:
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode()


def test_stays_are_the_truth_with_the_last_day_inside(
    membership: Membership, twin: RunningTwin
) -> None:
    found = membership.stays()
    assert found.rows.schema == INDEX_MEMBERSHIP.row_schema
    assert found.rejected is None
    told = [
        (row["symbol"], row["first_day"], row["last_day"] and row["last_day"].toordinal() + 1)
        for row in found.rows.to_pylist()
    ]
    truth = stays(twin.twin.truth)
    assert told == [(s.ticker, s.first_day, s.gone_on and s.gone_on.toordinal()) for s in truth]
    by_symbol = {row["symbol"]: row for row in found.rows.to_pylist()}
    assert by_symbol["SVBX"]["last_day"] == date(2025, 6, 27)
    assert by_symbol["FB"]["last_day"] == date(2022, 6, 8)
    assert by_symbol["META"]["first_day"] == date(2022, 6, 9)


def test_a_change_is_in_the_file_from_the_next_day_on(
    workshop: Workshop, twin: RunningTwin
) -> None:
    for at, last_day in (
        (datetime(2025, 6, 29, 3, tzinfo=UTC), None),
        (datetime(2025, 6, 29, 5, tzinfo=UTC), date(2025, 6, 27)),
    ):
        twin.clock.fix(at)
        try:
            transport = workshop.transport(twin.url, MEMBERSHIP)
            rows = Membership(transport, now=Clock(at).now).stays().rows.to_pylist()
        finally:
            twin.clock.fix(NOW)
        assert next(r for r in rows if r["symbol"] == "SVBX")["last_day"] == last_day


def test_an_old_copy_of_the_file_is_refused_and_what_is_as_new_is_not(
    membership: Membership, twin: RunningTwin
) -> None:
    """B15."""
    newest = newest_change(membership.stays().rows, NOW)
    assert newest is not None
    assert membership.stays(not_older_than=newest).rows.num_rows > 0
    as_of = f"{newest - timedelta(days=1)}T12:00:00Z"
    twin.faults.set([{"action": {"kind": "stale", "as_of": as_of}}])
    try:
        with pytest.raises(ContractError, match=f"a stale copy: of changes .*{newest} has been"):
            membership.stays(not_older_than=newest)
        assert membership.stays().rows.num_rows > 0
    finally:
        twin.faults.clear()


def test_the_newest_change_is_a_beginning_or_an_end_that_has_come() -> None:
    def newest(*lines: str) -> date | None:
        return newest_change(stay_rows("GET", file(*lines), NOW).rows, NOW)

    assert newest("A,1996-01-02,") == date(1996, 1, 2)
    assert newest("A,1996-01-02,2013-09-23", "B,2001-01-02,") == date(2013, 9, 23)
    assert newest("A,1996-01-02,2026-12-21", "B,2026-12-21,") == date(1996, 1, 2)
    # It is the twentieth in New York, and the file may not tell of it yet.
    assert newest("A,1996-01-02,", "B,2026-11-19,", "C,2026-11-20,") == date(2026, 11, 19)
    assert newest_change(INDEX_MEMBERSHIP.row_schema.empty_table(), NOW) is None


def test_members_have_canonical_symbols_and_sectors(membership: Membership) -> None:
    found = membership.members()
    assert found.rejected is None
    sectors = {company.symbol: company.sector for company in found.companies}
    assert sectors["BRK.B"] == "Financials"
    assert "SVBX" not in sectors
    current = membership.stays().rows.to_pylist()
    assert set(sectors) == {row["symbol"] for row in current if row["last_day"] is None}


def test_a_stay_is_known_from_the_end_of_its_first_day_on() -> None:
    rows = stay_rows("GET", file("AMD,1996-01-02,2013-09-23", "AMD,2017-03-20,"), NOW).rows
    assert rows.to_pylist() == [
        {
            "index_symbol": "^GSPC",
            "symbol": "AMD",
            "first_day": date(1996, 1, 2),
            "last_day": date(2013, 9, 22),
            "known_at": datetime(1996, 1, 3, 5, tzinfo=UTC),
        },
        {
            "index_symbol": "^GSPC",
            "symbol": "AMD",
            "first_day": date(2017, 3, 20),
            "last_day": None,
            "known_at": datetime(2017, 3, 21, 4, tzinfo=UTC),
        },
    ]


def test_a_planned_stay_is_known_from_now_on() -> None:
    rows = stay_rows("GET", file("NEW,2026-12-21,"), NOW).rows
    assert rows["known_at"].to_pylist() == [NOW]


@pytest.mark.parametrize(
    "line",
    [
        "AAPL,1996-01-02,1996-01-02",
        "AAPL,1996-01-02,1990-01-02",
        "AAPL,,",
        "AAPL",
        "AAPL,2/1/1996,",
        "AAPL,1996-02-30,",
        "aapl,1996-01-02,",
        "AA PL,1996-01-02,",
        "../../etc,1996-01-02,",
        "=CMD(),1996-01-02,",
    ],
)
def test_a_malformed_stay_is_put_aside_and_the_others_stay(line: str) -> None:
    found = stay_rows("GET", file("MSFT,1996-01-02,", line), NOW)
    assert found.rows["symbol"].to_pylist() == ["MSFT"]
    assert found.rejected is not None
    assert found.rejected["target"].to_pylist() == ["index_membership"]
    assert found.rejected["rule"].to_pylist() == ["row_readable"]


def test_doubles_fall_together_contradictions_and_overlaps_are_put_aside() -> None:
    lines = ("A,2000-06-05,", "A,2000-06-05,", "B,2001-01-02,2003-01-02", "B,2001-01-02,")
    found = stay_rows("GET", file(*lines, "C,2001-01-02,2010-01-04", "C,2009-01-02,"), NOW)
    assert found.rows["symbol"].to_pylist() == ["A", "C"]
    assert found.doubled == 1
    assert found.rejected is not None
    told = sorted(zip(*(found.rejected[n].to_pylist() for n in ("symbol", "rule")), strict=True))
    assert told == [
        ("B", "one_row_per_key"),
        ("B", "one_row_per_key"),
        ("C", "one_stay_at_a_time"),
    ]


def test_members_that_cannot_be_read_are_put_aside() -> None:
    lines = "AAPL,Apple,Information Technology\nbad symbol,X,Energy\nMMM,3M,\nAAPL,Apfel,Energy\n"
    companies, settled = member_rows("GET", (MEMBERS + lines).encode())
    assert [company.symbol for company in companies] == ["AAPL"]
    assert settled.rejected is not None
    assert settled.rejected.num_rows == 3


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"\xff\xfe\x00t", PayloadError, id="C08-charset"),
        pytest.param(b"symbol,from,to\nA,2000-01-03,\n", ContractError, id="C06-renamed"),
        pytest.param(b"", ContractError, id="empty"),
        pytest.param(HEADER.encode(), ContractError, id="no-rows"),
        pytest.param(b"<!DOCTYPE html><html>busy</html>", VendorOutage, id="web-page"),
        pytest.param(HEADER.encode() + b'A,"2000-01-03', ContractError, id="C01-truncated"),
        pytest.param(HEADER.encode() + b"A,2000-01-03,\nAA,20", PayloadError, id="A06-cut-off"),
    ],
)
def test_a_file_that_is_none_is_a_typed_error(
    workshop: Workshop, body: bytes, kind: type[VendorError]
) -> None:
    with serving(reply(body, Content_Type="text/plain")) as stub:
        membership = Membership(workshop.transport(stub.url, MEMBERSHIP), now=lambda: NOW)
        with pytest.raises(kind):
            membership.stays()


def test_a_byte_order_mark_and_other_line_ends_change_nothing() -> None:
    """C08."""
    plain = file("A,2000-06-05,", "B,2001-01-02,2003-01-02")
    odd = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")
    assert stay_rows("GET", odd, NOW).rows.equals(stay_rows("GET", plain, NOW).rows)
