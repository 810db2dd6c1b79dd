"""Alpha Vantage: bars as traded, actions, snapshots, refusals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    BadSymbol,
    ContractError,
    EntitlementError,
    NotFound,
    PayloadError,
    RateLimited,
    VendorError,
    VendorOutage,
)
from stock_assets.market import calendar
from stock_assets.tables import CORPORATE_ACTIONS, FUNDAMENTALS, PRICES
from stock_assets.vendors.alpha_vantage import ALPHA_VANTAGE, AlphaVantage
from stock_assets_tests.vendors.conftest import CANARY, NOW, Kept, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, reply, serving

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)


def bar(close: float = 10.5) -> dict[str, str]:
    return {
        "1. open": "10.0000",
        "2. high": "11.0000",
        "3. low": "9.0000",
        "4. close": f"{close:.4f}",
        "5. volume": "1000",
    }


def adjusted_bar(dividend: str = "0.0000", split: str = "1.0") -> dict[str, str]:
    return {
        **{name: value for name, value in bar().items() if name != "5. volume"},
        "5. adjusted close": "5.2500",
        "6. volume": "1000",
        "7. dividend amount": dividend,
        "8. split coefficient": split,
    }


ZONES: dict[str, Any] = {"5. Time Zone": ["US/Eastern"]}


def series(
    bars: dict[str, Any], symbol: str = "AAPL", refreshed: str = "2026-11-20", **meta: object
) -> dict[str, Any]:
    return {
        "Meta Data": {
            "1. Information": "Daily Prices (open, high, low, close) and Volumes",
            "2. Symbol": symbol,
            "3. Last Refreshed": refreshed,
            "4. Output Size": "Compact",
            "5. Time Zone": "US/Eastern",
            **meta,
        },
        "Time Series (Daily)": bars,
    }


WEEK = {f"2026-11-{day}": bar(10 + day / 100) for day in (20, 19, 18, 17, 16)}
QUOTE = {
    "Global Quote": {
        "01. symbol": "AAPL",
        "02. open": "112.6300",
        "03. high": "113.1700",
        "04. low": "110.6400",
        "05. price": "112.1300",
        "06. volume": "29062853",
        "07. latest trading day": "2026-11-20",
        "08. previous close": "112.7900",
    }
}
OVERVIEW = {
    "Symbol": "AAPL",
    "Currency": "USD",
    "MarketCapitalization": "3900000000000",
    "PERatio": "34.5",
    "DividendYield": "0.0039",
}


def alpha_vantage(
    workshop: Workshop, server: Stub, *, premium: bool = False, now: datetime = NOW
) -> AlphaVantage:
    transport = workshop.transport(server.url, ALPHA_VANTAGE)
    return AlphaVantage(transport, CANARY, premium=premium, now=lambda: now)


def query(asked: str) -> dict[str, str]:
    found = parse_qs(urlsplit(asked.removeprefix("GET ")).query)
    return {name: values[0] for name, values in found.items()}


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="ALPHA_VANTAGE_API_KEY"):
        AlphaVantage(workshop.transport(None, ALPHA_VANTAGE), None)


# Bars


def test_bars_are_as_traded_and_known_at_the_close(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    assert server.asked[0].startswith("GET /alphavantage/query?")
    assert query(server.asked[0]) == {
        "function": "TIME_SERIES_DAILY",
        "symbol": "AAPL",
        "outputsize": "compact",
        "datatype": "json",
        "apikey": CANARY,
    }
    assert found.prices.schema == PRICES.row_schema
    assert found.prices["close_usd"].to_pylist() == [10.16, 10.17, 10.18, 10.19, 10.2]
    closes = [s.close_at for s in calendar().between(FIRST, LAST)]
    assert found.prices["known_at"].to_pylist() == closes
    assert set(found.prices["vendor"].to_pylist()) == {"alpha_vantage"}
    assert found.actions.equals(CORPORATE_ACTIONS.row_schema.empty_table())
    assert CANARY not in found.answers[0].request


def test_only_the_days_asked_for_come_back(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", date(2026, 11, 17), date(2026, 11, 18))
    assert [day.day for day in found.prices["session"].to_pylist()] == [17, 18]


def test_share_classes_are_spelled_with_a_dash(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK, symbol="BRK-B"))) as server:
        found = alpha_vantage(workshop, server).bars("BRK.B", FIRST, LAST)
    assert query(server.asked[0])["symbol"] == "BRK-B"
    assert set(found.prices["symbol"].to_pylist()) == {"BRK.B"}


@pytest.mark.parametrize(
    ("now", "refreshed", "unfinished"),
    [
        ("2026-11-20T18:00:00Z", "2026-11-20 12:59:00", 1),
        ("2026-11-20T21:20:00Z", "2026-11-20 12:59:00", 1),
        ("2026-11-20T21:10:00Z", "2026-11-20", 1),
        ("2026-11-20T21:20:00Z", "2026-11-20", 0),
        ("2026-11-20T21:20:00Z", "2026-11-20 16:00:01", 0),
    ],
    ids=["live", "stale-copy", "too-soon", "final", "at-the-close"],
)
def test_d02_h07_a_bar_that_is_not_over_is_left_out(
    workshop: Workshop, now: str, refreshed: str, unfinished: int
) -> None:
    with serving(json_reply(series(WEEK, refreshed=refreshed))) as server:
        client = alpha_vantage(workshop, server, now=datetime.fromisoformat(now))
        found = client.bars("AAPL", FIRST, LAST)
    assert (found.prices.num_rows, found.unfinished) == (5 - unfinished, unfinished)


def test_a_premium_plan_brings_actions_too(workshop: Workshop) -> None:
    days = {
        "2026-11-20": adjusted_bar(),
        "2026-11-19": adjusted_bar(dividend="0.2600"),
        "2026-11-18": adjusted_bar(split="7.000007"),
        "2026-11-17": adjusted_bar(split="0.125"),
        "2020-08-31": adjusted_bar(split="4.0"),
    }
    with serving(json_reply(series(days))) as server:
        found = alpha_vantage(workshop, server, premium=True).bars("AAPL", FIRST, LAST)
    assert query(server.asked[0])["function"] == "TIME_SERIES_DAILY_ADJUSTED"
    assert found.prices["close_usd"].to_pylist() == [10.5] * 4
    assert found.prices["volume_shares"].to_pylist() == [1000.0] * 4
    assert found.actions.schema == CORPORATE_ACTIONS.row_schema
    told = [
        (row["ex_date"].day, row["kind"], row["split_ratio"], row["dividend_usd"])
        for row in found.actions.to_pylist()
    ]
    assert told == [
        (17, "split", 0.125, None),
        (18, "split", 7.0, None),
        (19, "dividend", None, 0.26),
    ]
    assert found.actions["known_at"].to_pylist()[0] == datetime(2026, 11, 17, 5, tzinfo=UTC)


def test_old_days_need_the_whole_history(workshop: Workshop) -> None:
    with serving(json_reply(series({"2020-08-31": adjusted_bar()}))) as server:
        client = alpha_vantage(workshop, server, premium=True)
        assert client.oldest_day() is None
        assert client.bars("AAPL", date(2020, 8, 1), date(2020, 8, 31)).prices.num_rows == 1
    assert query(server.asked[0])["outputsize"] == "full"


def test_b07_free_plans_say_how_far_back_they_reach_before_anything_is_asked(
    workshop: Workshop,
) -> None:
    with serving(json_reply(series(WEEK))) as server:
        client = alpha_vantage(workshop, server)
        oldest = client.oldest_day()
        assert oldest is not None
        assert len(calendar().between(oldest, LAST)) == 99
        with pytest.raises(EntitlementError, match=f"begin on {oldest}"):
            client.bars("AAPL", oldest - timedelta(days=1), LAST)
        assert server.asked == []
        client.bars("AAPL", oldest, LAST)


def test_nothing_is_asked_about_sessions_to_come(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", date(2026, 11, 23), date(2026, 11, 24))
    assert (found.prices.num_rows, server.asked) == (0, [])


@pytest.mark.parametrize(
    "changes",
    [{"4. close": "None"}, {"4. close": "1e308"}, {"4. close": "NaN"}, {"5. volume": "1,000"}],
)
def test_c07_an_entry_that_cannot_be_read_is_put_aside(
    workshop: Workshop, changes: dict[str, str]
) -> None:
    with serving(json_reply(series(WEEK | {"2026-11-18": bar() | changes}))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    assert found.prices.num_rows == 4
    assert found.rejected is not None
    row = found.rejected.to_pylist()[0]
    assert (row["rule"], row["session"]) == ("entry_readable", date(2026, 11, 18))
    assert next(iter(changes.values())) in row["said"]


def test_one_entry_that_cannot_be_read_changes_nothing_about_the_others(
    workshop: Workshop,
) -> None:
    week = {day: adjusted_bar("0.2500", "2.0") for day in WEEK}
    odd = {"2026-11-13": adjusted_bar() | {"4. close": "None"}}
    found = []
    for bars in (week, odd | week):
        with serving(json_reply(series(bars))) as server:
            found.append(alpha_vantage(workshop, server, premium=True).bars("AAPL", FIRST, LAST))
    plain, careful = found
    assert plain.rejected is None
    assert careful.rejected is not None
    assert plain.prices.equals(careful.prices)
    assert plain.actions.equals(careful.actions)
    assert plain.actions.num_rows == 2 * plain.prices.num_rows == 2 * len(WEEK)


@pytest.mark.parametrize("day", ["0001-01-01", "1850-01-02", "2926-11-20", "2026-02-30"])
def test_c07_a_day_that_no_calendar_has_puts_its_entry_aside(workshop: Workshop, day: str) -> None:
    with serving(json_reply(series({**WEEK, day: bar()}))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    assert found.prices.num_rows == len(WEEK)
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == ["entry_readable"]
    assert day in found.rejected["reason"].to_pylist()[0]


@pytest.mark.parametrize("layout", [{"indent": 4}, {"separators": (",", ":")}, {}], ids=str)
def test_bars_are_the_same_however_the_vendor_lays_them_out(
    workshop: Workshop, layout: dict[str, Any]
) -> None:
    found = []
    for entries in (WEEK, dict(reversed(WEEK.items()))):
        body = json.dumps(series(entries), **layout).encode()
        with serving(reply(body, Content_Type="application/json")) as server:
            found.append(alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST).prices)
    assert found[0].equals(found[1])
    assert found[0]["close_usd"].to_pylist() == [10.16, 10.17, 10.18, 10.19, 10.2]


def test_d04_a_bar_on_a_holiday_is_put_aside(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK | {"2026-11-15": bar()}))) as server:
        found = alpha_vantage(workshop, server).bars("AAPL", date(2026, 11, 13), LAST)
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == ["bar_on_a_session"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (series(WEEK, symbol="MSFT"), "about 'MSFT'"),
        (series(WEEK, **{"5. Time Zone": "UTC"}), "time zone is 'UTC'"),
        (series(WEEK, **ZONES), "time zone is"),
        (series(WEEK, refreshed="yesterday"), "Last Refreshed is 'yesterday'"),
        ({"Time Series (Daily)": WEEK}, "about None"),
        (series({"2026-11-20": {"open": "1"}}), "no entry has all of"),
        ({**series({}), "Time Series (Daily)": []}, "not an object"),
        ({"Time Series (1min)": WEEK}, "Time Series"),
        ([], "Time Series"),
    ],
    ids=["c15", "zone", "zone-list", "refreshed", "no-meta", "c06", "shape", "other", "list"],
)
def test_a_series_that_is_not_as_agreed_is_refused(
    workshop: Workshop, content: Any, words: str
) -> None:
    with serving(json_reply(content)) as server, pytest.raises(ContractError) as caught:
        alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    assert words in str(caught.value)


# Refusals


@pytest.mark.parametrize(
    "content",
    [
        {"Information": f"We have detected your API key as {CANARY} and our standard limit is 25."},
        {"Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls."},
        {"Information": "Words that nobody has seen before."},
    ],
    ids=["information", "note", "other-words"],
)
def test_b04_words_instead_of_data_mean_to_come_back_tomorrow(
    workshop: Workshop, kept: Kept, content: dict[str, str]
) -> None:
    with serving(json_reply(content)) as server, pytest.raises(RateLimited) as caught:
        alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    midnight_in_new_york = datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert caught.value.retry_after_s == (midnight_in_new_york - NOW).total_seconds()
    assert CANARY not in str(caught.value)
    assert [body for body in kept.bodies.values() if CANARY.encode() in body] == []
    assert caught.value.context["payload"] in kept.bodies


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_reply({}), NotFound),
        (json_reply({"Error Message": "Invalid API call. Please retry."}), NotFound),
        (reply(b'{"Meta Data": {'), PayloadError),
        (reply(b"timestamp,open\r\n", Content_Type="text/csv"), PayloadError),
        (reply(b"<!DOCTYPE html><title>down</title>", 503), VendorOutage),
        (reply(b"<!DOCTYPE html><title>down</title>"), VendorOutage),
    ],
    ids=["empty", "error-message", "c01", "b05", "b09", "b13"],
)
def test_whatever_comes_instead_of_bars_is_a_typed_error(
    workshop: Workshop, answer: Reply, error: type[VendorError]
) -> None:
    with serving(answer) as server, pytest.raises(error) as caught:
        alpha_vantage(workshop, server).bars("AAPL", FIRST, LAST)
    assert CANARY not in str(caught.value)


def test_s01_what_cannot_be_asked_is_not_asked(workshop: Workshop) -> None:
    with serving(json_reply(series(WEEK))) as server:
        client = alpha_vantage(workshop, server)
        with pytest.raises(BadSymbol):
            client.bars("AAPL&function=X", FIRST, LAST)
        with pytest.raises(NotFound):
            client.bars("^GSPC", FIRST, LAST)
        with pytest.raises(BadRange):
            client.bars("AAPL", LAST, FIRST)
        with pytest.raises(ContractError, match="many symbols on one day"):
            client.grouped(LAST, ["AAPL"])
    assert server.asked == []


# Snapshots


def test_a_snapshot_has_its_units(workshop: Workshop) -> None:
    with serving(json_reply(QUOTE), json_reply(OVERVIEW)) as server:
        found = alpha_vantage(workshop, server).fundamentals(["AAPL"], NOW)
    assert [query(asked)["function"] for asked in server.asked] == ["GLOBAL_QUOTE", "OVERVIEW"]
    assert found.rows.schema == FUNDAMENTALS.row_schema
    assert found.rows.to_pylist() == [
        {
            "vendor": "alpha_vantage",
            "symbol": "AAPL",
            "observed_hour": NOW,
            "price_usd": 112.13,
            "open_usd": 112.63,
            "high_usd": 113.17,
            "low_usd": 110.64,
            "previous_close_usd": 112.79,
            "volume_shares": None,
            "market_cap_usd": 3.9e12,
            "pe_ratio": 34.5,
            "dividend_yield_percent": 0.39,
            "known_at": NOW,
        }
    ]


@pytest.mark.parametrize("mark", ["None", "-"])
def test_c07_marks_for_missing_are_missing(workshop: Workshop, mark: str) -> None:
    nothing = dict.fromkeys(("MarketCapitalization", "PERatio", "DividendYield"), mark)
    with serving(json_reply(QUOTE), json_reply(OVERVIEW | nothing)) as server:
        row = alpha_vantage(workshop, server).fundamentals(["AAPL"], NOW).rows.to_pylist()[0]
    assert (row["market_cap_usd"], row["pe_ratio"], row["dividend_yield_percent"]) == (None,) * 3


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([{"Global Quote": {}}], NotFound),
        ([QUOTE, {}], NotFound),
        ([QUOTE, OVERVIEW | {"Symbol": "MSFT"}], ContractError),
        ([QUOTE, OVERVIEW | {"PERatio": "a lot"}], ContractError),
        ([{"Global Quote": QUOTE["Global Quote"] | {"05. price": "None"}}], ContractError),
        ([QUOTE, {"Note": "later"}], RateLimited),
    ],
    ids=["d27", "unknown", "c15", "c07", "no-price", "b04"],
)
def test_a_snapshot_that_is_not_as_agreed_is_a_typed_error(
    workshop: Workshop, answers: list[Any], error: type[VendorError]
) -> None:
    with serving(*map(json_reply, answers)) as server, pytest.raises(error):
        alpha_vantage(workshop, server).fundamentals(["AAPL"], NOW)
