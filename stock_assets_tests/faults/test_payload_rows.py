"""Answers of which single rows, pages or fields are odd: sorted out, and never guessed at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pytest

from stock_assets.errors import ContractError, PayloadError
from stock_assets.lake import PayloadStore
from stock_assets.suppliers import open_fed
from stock_assets.tables import (
    CORPORATE_ACTIONS,
    GAPS,
    INDEX_MEMBERSHIP,
    LOADS,
    MACRO,
    NEWS,
    PRICES,
    QUARANTINE,
    TREASURY_DEBT,
)
from stock_assets.tables.bounds import PER_USD, POINTS, SHARE_USD, SHARES
from stock_assets.vendors import polygon, polygon_news
from stock_assets.vendors.treasury import Treasury
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
    ECONOMY,
    FED,
    FINNHUB,
    FRED,
    FX,
    INDICES,
    MEMBERSHIP,
    POLYGON,
    POLYGON_NEWS,
    TREASURY,
    WORLD_BANK,
    YAHOO,
    Case,
    assert_mended,
    run,
)
from stock_assets_tests.faults.changes import QUOTE, SERIES, body, change
from stock_assets_tests.faults.conftest import NOW, World
from stock_assets_tests.faults.found import put_aside

COUNT = change("$.resultsCount", "shift", 1)


def test_c03_a_listing_whose_second_page_is_broken_is_no_listing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polygon, "_ROWS_PER_PAGE", 3)
    second = {"vendor": "polygon", "query": {"cursor": "*"}}
    world.set_faults({"match": second, "action": {"kind": "truncate_json"}, "times": 1})
    with pytest.raises(PayloadError, match="not one whole JSON"):
        world.fetch("raw/corporate_actions")
    assert world.hits() == 1
    assert world.lake().count(CORPORATE_ACTIONS) == 0
    world.fetch("raw/corporate_actions")
    assert len(world.requests("polygon")) > 4
    invariants.assert_healed(world.lake(), world.calm_after("raw/corporate_actions"))


def test_c03_news_come_with_all_pages_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polygon_news, "_ROWS_PER_PAGE", 4)
    second = {"vendor": "polygon", "query": {"cursor": "*"}}
    world.set_faults({"match": second, "action": change("$.results", "drop")})
    report, stopped = run(world, POLYGON_NEWS)
    assert report is None
    assert "ContractError" in str(stopped)
    assert world.hits()
    assert world.lake().count(NEWS) == 0
    assert_mended(world, POLYGON_NEWS)


def test_c04_pages_that_lead_back_to_each_other_end_with_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polygon, "_ROWS_PER_PAGE", 3)
    again = "https://api.polygon.io/v3/reference/splits?limit=3"
    world.set_faults({"match": {"path": "/splits"}, "action": change("$.next_url", "set", again)})
    with pytest.raises(ContractError, match="page 3 has been seen before"):
        world.fetch("raw/corporate_actions")
    assert len(world.requests("polygon")) == 2
    assert world.lake().count(CORPORATE_ACTIONS) == 0
    world.heal()
    world.fetch("raw/corporate_actions")
    invariants.assert_healed(world.lake(), world.calm_after("raw/corporate_actions"))


@pytest.mark.parametrize("path", ["/v3/reference/dividends", "/v1/marketstatus/now"])
def test_c04_the_host_of_the_next_page_is_ignored_and_its_path_is_not(
    world: World, path: str
) -> None:
    elsewhere = f"https://attacker.example{path}?execution_date.gte=2030-01-01"
    world.set_faults(
        {"match": {"path": "/splits"}, "action": change("$.next_url", "set", elsewhere)}
    )
    with pytest.raises(ContractError, match="page 2 leads to another endpoint"):
        world.fetch("raw/corporate_actions")
    same = elsewhere.replace(path, "/v3/reference/splits")
    first = {"path": "/splits", "nth": 1}
    world.set_faults({"match": first, "action": change("$.next_url", "set", same)})
    world.forget()
    world.fetch("raw/corporate_actions")
    assert [r["path"] for r in world.requests("polygon")].count("/v3/reference/splits") == 2
    invariants.assert_healed(world.lake(), world.calm_after("raw/corporate_actions"))


@pytest.mark.parametrize(("times", "requests"), [(1, 4), (9, 4)], ids=["once", "for ever"])
def test_c05_a_listing_that_grows_while_it_is_read_is_read_once_more_and_then_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, times: int, requests: int
) -> None:
    monkeypatch.setitem(Treasury.__init__.__kwdefaults__ or {}, "page_size", 4)
    grown = change("$.meta['total-count']", "shift", 1)
    second = {"path": "debt_to", "query": {"page[number]": "2"}}
    world.set_faults({"match": second, "action": grown, "times": times})
    report, _ = run(world, TREASURY)
    asked = [one for one in world.requests("treasury") if "debt_to" in one["path"]]
    assert len(asked) == requests
    assert report is not None
    assert report.failed.keys() == (set() if times == 1 else {"debt"})
    assert world.lake().count(TREASURY_DEBT) == (len(DAYS) if times == 1 else 0)
    assert_mended(world, TREASURY)


def test_c05_an_article_that_comes_on_two_pages_is_one_and_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polygon_news, "_ROWS_PER_PAGE", 50)
    rows = {"match": {"path": "/news"}, "action": change("$.results[0]", "duplicate")}
    count = {"match": {"path": "/news"}, "action": change("$.count", "shift", 1)}
    world.set_faults(rows, count)
    report, _ = run(world, POLYGON_NEWS)
    assert world.hits() >= 2
    assert report is not None
    assert report.left_out["identical doubles"] >= 1
    assert put_aside(world) == {}
    assert_mended(world, POLYGON_NEWS)


@pytest.mark.parametrize(
    ("case", "place"),
    [
        (POLYGON, "$.results[0].zz"),
        (YAHOO, f"{QUOTE}.zz"),
        (ALPHA_VANTAGE, f"{SERIES}['2025-07-30'].zz"),
        (FRED, "$.observations[0].zz"),
    ],
    ids=str,
)
def test_c06_a_field_that_is_new_is_kept_with_the_answer_and_told_of(
    world: World, case: Case, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.set_faults(case.rule(change(place, "insert", 1)))
    report, stopped = run(world, case)
    assert world.hits()
    assert (stopped, report.failed if report else None) == (None, {})
    assert "new" in caplog.text
    assert "zz" in caplog.text
    store = PayloadStore(world.settings().payload_root)
    kept = [sha for shas in world.lake().read(LOADS)["payloads"].to_pylist() for sha in shas]
    assert any(b'"zz":1' in store.get(sha) for sha in kept)
    invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))


@pytest.mark.parametrize("text", ["null", "NaN", "None", "-", "", "Infinity", "6,7"])
def test_c07_a_value_that_is_neither_a_number_nor_the_vendors_missing_mark_is_put_aside(
    world: World, text: str
) -> None:
    world.set_faults(FRED.rule(change("$.observations[-1].value", "set", text)))
    report, _ = run(world, FRED)
    assert report is not None
    assert report.quarantined == {"value_readable": 1}
    (row,) = world.lake().read(QUARANTINE).to_pylist()
    assert f'"value\\":\\"{text}\\"' in row["row"]
    assert world.lake().count(MACRO, where=f"value is null and series = '{FRED.struck}'") == 0


def test_c07_each_vendors_own_mark_is_a_missing_value_and_nought_is_a_number(world: World) -> None:
    world.set_faults(
        FRED.rule(change("$.observations[-1].value", "set", ".")),
        TREASURY.rule(change("$.data[0].debt_held_public_amt", "set", "null")),
        TREASURY.rule(change("$.data[1].intragov_hold_amt", "set", "0.0")),
        TREASURY.rule(change("$.data[1].debt_held_public_amt", "set", "null")),
        ECONOMY.rule(change("$.data[0].value", "set", ".")),
        WORLD_BANK.rule(change("$[1][0].value", "null")),
    )
    for case in (FRED, TREASURY, ECONOMY, WORLD_BANK):
        run(world, case)
    assert world.hits() >= 6
    assert put_aside(world) == {}
    missing = world.lake().read(MACRO, where="value is null")["vendor"].to_pylist()
    assert set(missing) == {"fred", "alpha_vantage", "world_bank"}
    debt = world.lake().read(TREASURY_DEBT, ordered=True).to_pylist()
    assert debt[0]["public_usd"] is None
    assert debt[1]["intragov_usd"] == 0.0


def test_c08_a_byte_order_mark_is_read_over_where_the_vendor_sends_one(world: World) -> None:
    run(world, FED)
    store = PayloadStore(world.settings().payload_root)
    kept = [sha for shas in world.lake().read(LOADS)["payloads"].to_pylist() for sha in shas]
    assert any(store.get(sha).startswith(b"\xef\xbb\xbf") for sha in kept)
    assert_mended(world, FED)


def test_c08_a_symbol_with_control_characters_is_nobodys(world: World) -> None:
    lines = "ticker,start_date,end_date\nAAPL,1996-01-02,\nMS\x07FT,1996-01-02,\nmsft,1996-01-02,\n"
    world.set_faults(MEMBERSHIP.rule(body(lines, "text/csv")))
    report, _ = run(world, MEMBERSHIP)
    assert report is not None
    assert report.quarantined == {"row_readable": 2}
    assert world.lake().read(INDEX_MEMBERSHIP)["symbol"].to_pylist() == ["AAPL"]


def test_c10_identical_bars_fall_together_and_contradicting_ones_are_all_put_aside(
    world: World,
) -> None:
    twice = [change("$.results[2]", "duplicate"), COUNT]
    world.set_faults(*(POLYGON.rule(action) for action in twice))
    run(world, POLYGON)
    assert world.hits() == 2
    assert put_aside(world) == {}
    invariants.assert_healed(world.lake(), world.calm_after(POLYGON.key, DAYS))


def test_c10_bars_that_contradict_each_other_are_both_in_quarantine_and_in_the_kept_answer(
    world: World,
) -> None:
    apart = [change("$.results[2]", "duplicate", {"v": 12_345.0}), COUNT]
    world.set_faults(*(POLYGON.rule(action) for action in apart))
    report, _ = run(world, POLYGON)
    assert report is not None
    assert put_aside(world) == {"one_bar_per_session": 2}
    assert report.gaps == {"quarantined": 1}
    volumes = [row["row"] for row in world.lake().read(QUARANTINE).to_pylist()]
    assert sum("12345" in row for row in volumes) == 1
    assert_mended(world, POLYGON)


@pytest.mark.parametrize(
    ("case", "places"),
    [
        (POLYGON, ["$.results"]),
        (YAHOO, ["$.chart.result[0].timestamp", *(f"{QUOTE}.{name}" for name in
                 ("open", "high", "low", "close", "volume"))]),
        (ALPHA_VANTAGE, [SERIES]),
        (FRED, ["$.observations"]),
        (TREASURY, ["$.data"]),
        (FINNHUB, ["$"]),
        (WORLD_BANK, ["$[1]"]),
    ],
    ids=str,
)  # fmt: skip
def test_c11_rows_in_any_order_are_the_same_rows(
    world: World, case: Case, places: Sequence[str]
) -> None:
    world.set_faults(*(case.rule(change(place, "reorder")) for place in places))
    report, _ = run(world, case)
    assert world.hits() >= len(places)
    assert report is not None
    assert report.failed == {}
    invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss><channel><item><title>&i;</title></item></channel></rss>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<rss><channel><item><title>&x;</title></item></channel></rss>"
)
FOREIGN = '<!DOCTYPE rss SYSTEM "http://attacker.example/rss.dtd"><rss><channel/></rss>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, FOREIGN], ids=["bomb", "external", "dtd"])
def test_c13_a_feed_with_a_document_type_is_refused_and_nothing_else_is_fetched(
    world: World, text: str
) -> None:
    world.set_faults(FED.rule(body(text, "text/xml")))
    with pytest.raises(ContractError, match="document type or entities, which are refused"):
        open_fed(world.settings()).feed()
    assert len(world.requests()) == 1


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("c", -0.0, "close_usd_in_bounds"),
        ("c", 1e308, "high_usd_not_below_close_usd"),
        ("v", -1.0, "volume_shares_in_bounds"),
        ("o", 1e-320, "open_usd_not_below_low_usd"),
    ],
)
def test_c14_a_number_out_of_its_range_is_put_aside_and_asked_for_again(
    world: World, field: str, value: float, rule: str
) -> None:
    world.set_faults(POLYGON.rule(change(f"$.results[2].{field}", "set", value)))
    report, _ = run(world, POLYGON)
    assert report is not None
    assert rule in put_aside(world)
    assert report.gaps == {"quarantined": 1}
    gaps = world.lake().read(GAPS).to_pylist()
    assert [(gap["symbol"], gap["session"]) for gap in gaps] == [("AAPL", DAYS[2])]
    assert world.lake().count(PRICES) == 4 * len(DAYS) - 1
    assert_mended(world, POLYGON)


BARS: Final = (
    (POLYGON, {"high": "$.results[2].h", "volume": "$.results[2].v"}),
    (YAHOO, {"high": f"{QUOTE}.high[2]", "volume": f"{QUOTE}.volume[2]"}),
    (
        ALPHA_VANTAGE,
        {
            "high": f"{SERIES}['{DAYS[2]}']['2. high']",
            "volume": f"{SERIES}['{DAYS[2]}']['5. volume']",
        },
    ),
)
"""Where each vendor states the bar of one day. A high alone breaks no order of prices."""


@pytest.mark.parametrize(("case", "places"), BARS, ids=["polygon", "yahoo", "alpha_vantage"])
@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("high", 1.1 * SHARE_USD, "high_usd_in_bounds"),
        ("high", 1e308, "high_usd_in_bounds"),
        ("volume", 1.1 * SHARES, "volume_shares_in_bounds"),
        ("volume", 1e308, "volume_shares_in_bounds"),
        ("volume", -1.0, "volume_shares_in_bounds"),
        ("volume", -0.0, "volume_shares_in_bounds"),
    ],
)
def test_c14_a_bar_that_no_market_could_bring_is_put_aside_whoever_says_it(
    world: World, case: Case, places: dict[str, str], name: str, value: float, rule: str
) -> None:
    is_text = case is ALPHA_VANTAGE
    world.set_faults(case.rule(change(places[name], "set", str(value) if is_text else value)))
    report, _ = run(world, case)
    assert world.hits() == 1
    assert report is not None
    # Alpha Vantage writes numbers as texts, and none of them with an exponent.
    assert put_aside(world) == {"entry_readable" if is_text and value > 1e300 else rule: 1}
    assert report.gaps == {"quarantined": 1}
    gaps = world.lake().read(GAPS).to_pylist()
    assert [(gap["symbol"], gap["session"]) for gap in gaps] == [("AAPL", DAYS[2])]
    assert world.lake().count(PRICES) == 4 * len(DAYS) - 1
    assert_mended(world, case)


LEVEL: Final = f"{QUOTE}.high[-4]"
AUCTIONS: Final = Case(TREASURY.key, TREASURY.vendor, {"path": "auction"}, ("auctions", "rates"))


@pytest.mark.parametrize(
    ("case", "place", "value", "rule"),
    [
        pytest.param(FX, LEVEL, 1.1 * PER_USD, "high_per_usd_in_bounds", id="fx"),
        pytest.param(FX, LEVEL, 1e308, "high_per_usd_in_bounds", id="fx-1e308"),
        pytest.param(INDICES, LEVEL, 1.1 * POINTS, "high_points_in_bounds", id="index"),
        pytest.param(INDICES, LEVEL, 1e308, "high_points_in_bounds", id="index-1e308"),
        pytest.param(WORLD_BANK, "$[1][0].value", 1e308, "value_in_bounds", id="world_bank"),
        pytest.param(WORLD_BANK, "$[1][0].value", -1e308, "value_in_bounds", id="below"),
        pytest.param(FRED, "$.observations[-1].value", "1e21", "value_in_bounds", id="fred"),
        # No exponent has three digits where numbers are texts.
        pytest.param(FRED, "$.observations[-1].value", "1e308", "value_readable", id="fred-1e308"),
        pytest.param(ECONOMY, "$.data[0].value", "1e21", "value_in_bounds", id="alpha_vantage"),
        pytest.param(
            AUCTIONS,
            "$.data[0].offering_amt",
            "2" + "0" * 15,
            "offering_usd_in_bounds",
            id="auction",
        ),
        pytest.param(
            AUCTIONS, "$.data[0].bid_to_cover_ratio", "20000", "bid_to_cover_in_bounds", id="cover"
        ),
    ],
)
def test_c14_a_number_larger_than_any_of_its_kind_is_put_aside(
    world: World, case: Case, place: str, value: float | str, rule: str
) -> None:
    world.set_faults(case.rule(change(place, "set", value)))
    report, _ = run(world, case)
    assert world.hits() == 1
    assert report is not None
    assert not report.failed
    assert put_aside(world) == {rule: 1}
    assert_mended(world, case)


@pytest.mark.parametrize(
    ("case", "place", "value"),
    [
        pytest.param(WORLD_BANK, "$[1][0].value", 1e308, id="world_bank"),
        pytest.param(FRED, "$.observations[-1].value", "1e21", id="fred"),
        pytest.param(ECONOMY, "$.data[0].value", "1e21", id="alpha_vantage"),
        pytest.param(AUCTIONS, "$.data[0].bid_to_cover_ratio", "20000", id="auction"),
        pytest.param(FINNHUB, "$[0].datetime", "soon", id="finnhub"),
        pytest.param(POLYGON_NEWS, "$.results[0].published_utc", "soon", id="polygon"),
    ],
)
def test_i10_a_row_that_stays_broken_is_asked_for_once_more_and_no_further(
    world: World, case: Case, place: str, value: float | str
) -> None:
    asked = []
    world.set_faults(case.rule(change(place, "set", value), times=99))
    for day in range(4):
        world.at(NOW + timedelta(days=day))
        world.forget()
        report, _ = run(world, case)
        assert report is not None
        asked.append(report.requests)
    assert asked[0] >= asked[1] > 0
    assert asked[2:] == [0, 0]
    causes = set(world.lake().read(GAPS)["cause"].to_pylist())
    assert causes == {"quarantined"}


def test_c14_a_rounded_rate_below_nothing_is_a_number(world: World) -> None:
    world.set_faults(FRED.rule(change("$.observations[-1].value", "set", "-0.0")))
    report, _ = run(world, FRED)
    assert report is not None
    assert put_aside(world) == {}
    assert world.lake().count(MACRO, where=f"value = 0 and series = '{FRED.struck}'") == 1


def test_c14_a_number_that_no_double_can_hold_is_no_number(world: World) -> None:
    world.set_faults(FX.rule(body('{"chart":{"result":[{"timestamp":[1' + "0" * 400 + "]}]}}")))
    report, _ = run(world, FX)
    assert report is not None
    assert report.failed.keys() == {"INR"}
    assert_mended(world, FX)
