"""Refusals, limits, outages and pages in the place of answers: waited for, told, never stored."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest

from stock_assets.automation.announcements import Watch, announcements
from stock_assets.errors import (
    AuthError,
    EntitlementError,
    RateLimited,
)
from stock_assets.ingest.gaps import CONFIRMED_AFTER
from stock_assets.ingest.reopening import Wanted, gaps_like, reopen
from stock_assets.market import NEW_YORK
from stock_assets.sandbox.limits import FREE_KEY
from stock_assets.suppliers import open_fed
from stock_assets.tables import (
    COVERAGE,
    FED_RELEASES,
    FOMC_MEETINGS,
    GAPS,
    INDEX_MEMBERSHIP,
    MACRO,
    PRICES,
    Table,
)
from stock_assets.vendors.fed import Fed
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
    EARLIER,
    ECONOMY,
    FED,
    FINNHUB,
    FRED,
    MEMBERSHIP,
    NEWSAPI,
    POLYGON,
    POLYGON_NEWS,
    TREASURY,
    WORLD_BANK,
    YAHOO,
    Case,
    assert_mended,
    run,
)
from stock_assets_tests.faults.conftest import NOW, World
from stock_assets_tests.twin_home import sessions

CALENDAR: Final = Case("raw/fomc_calendar", "fed", subjects=("FOMC calendar",))
DAY: Final = timedelta(days=1)
A_DAY_S: Final = 86_400.0
TOO_MANY: Final = {"kind": "status", "status": 429}


def preset(name: str) -> dict[str, Any]:
    return {"kind": "status", "body_preset": name}


def the_plan_is_another_one(world: World, case: Case) -> None:
    """Somebody reopens what the plan did not have: until then it is not asked for again."""
    gaps = gaps_like(world.lake(), Wanted(feeds=(case.key,), causes=("not_on_plan",)))
    assert reopen(world.lake(), gaps, NOW) > 0


def told_by(case: Case, world: World, **settings: Any) -> str:
    """What a run says about the struck subject, as its error or in its report."""
    report, error = run(world, case, **settings)
    return str(error) if report is None else report.failed[case.struck]


def causes(world: World, case: Case) -> dict[tuple[str, date], str]:
    """The open gaps of a feed by subject and day."""
    rows = world.lake().read(GAPS, where=f"feed = '{case.key}' and cause <> 'filled'")
    return {(row["symbol"], row["session"]): row["cause"] for row in rows.to_pylist()}


def asked_at(world: World, vendor: str, part: str = "") -> list[datetime]:
    """When requests with this part in their path came in, by the twin's clock."""
    return [
        datetime.fromisoformat(entry["at"])
        for entry in world.requests(vendor)
        if part in entry["path"]
    ]


@pytest.mark.parametrize("case", [POLYGON, YAHOO, FINNHUB], ids=str)
class TestB01TooManyRequestsComeBackInASecondOrTwo:
    def test_each_try_waits_as_long_as_it_was_told_and_the_answer_comes(
        self, world: World, case: Case
    ) -> None:
        world.set_faults(case.rule(TOO_MANY | {"headers": {"Retry-After": "2"}}, times=2))
        report, _ = run(world, case, request_attempts=3)
        assert report is not None
        assert not report.failed
        struck = [
            datetime.fromisoformat(entry["at"])
            for entry in world.requests(case.vendor)
            if entry["status"] == 429
        ]
        assert len(struck) == 2
        assert 4 <= sum(world.waits) < 6
        gaps = [later - sooner for sooner, later in pairwise(asked_at(world, case.vendor))]
        assert [gap >= timedelta(seconds=2) for gap in gaps].count(True) == 2
        invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))
        assert_mended(world, case)


class TestB02FiveRequestsAMinuteAreAllThereIs:
    def test_a_plain_refusal_is_waited_for_as_long_as_a_token_takes(self, world: World) -> None:
        world.set_faults(POLYGON.rule(TOO_MANY, times=2))
        report, _ = run(world, POLYGON, request_attempts=3, polygon_requests_per_minute=5)
        assert report is not None
        assert not report.failed
        about_it = asked_at(world, "polygon", "/AAPL/")
        assert len(about_it) == 3
        assert all(b - a >= timedelta(seconds=12) for a, b in pairwise(about_it))
        assert_mended(world, POLYGON)

    def test_feeds_that_share_a_key_share_its_minute(self, world: World) -> None:
        for case in (POLYGON, POLYGON_NEWS, POLYGON):
            world.fetch(case.key, EARLIER, case.subjects, polygon_requests_per_minute=5)
            world.fetch(case.key, DAYS, case.subjects, polygon_requests_per_minute=5)
        times = asked_at(world, "polygon")
        assert len(times) >= 10
        a_minute = timedelta(seconds=60) - timedelta(milliseconds=1)
        assert all(
            sixth - first >= a_minute for first, sixth in zip(times, times[5:], strict=False)
        )


class TestB03ComeBackTomorrow:
    @pytest.mark.parametrize("case", [POLYGON, FINNHUB, TREASURY], ids=str)
    def test_nobody_sleeps_and_nobody_asks_before(self, world: World, case: Case) -> None:
        rule = case.rule(TOO_MANY | {"headers": {"Retry-After": f"{A_DAY_S:.0f}"}})
        world.set_faults(rule)
        _, error = run(world, case, request_attempts=5)
        told = invariants.assert_told(error, RateLimited)
        assert told.retry_after_s is not None
        assert A_DAY_S <= told.retry_after_s < A_DAY_S + 60
        assert (len(world.requests()), world.waits) == (1, [])
        world.heal()
        world.twin.clock.advance(timedelta(hours=23))
        _, error = run(world, case, request_attempts=5)
        invariants.assert_told(error, RateLimited)
        assert (len(world.requests()), world.waits) == (1, [])
        world.twin.clock.advance(timedelta(hours=2))
        assert_mended(world, case)


WORDS: Final = {
    "information": preset("av.information"),
    "note": preset("av.note"),
    "sparingly": preset("av.sparingly"),
    "new-words": {"kind": "replace_body", "body": {"Notice": "Come again when the moon is full."}},
    "new-name": {"kind": "replace_body", "body": {"message": "quota", "hint": "later"}},
}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        *((ALPHA_VANTAGE, words) for words in WORDS),
        (ECONOMY, "information"),
        (ECONOMY, "new-words"),
    ],
    ids=str,
)
class TestB04TheDaysQuotaIsSpentAndTheStatusSaysOk:
    def test_nothing_is_stored_and_nobody_asks_before_the_vendors_next_day(
        self, world: World, case: Case, words: str
    ) -> None:
        world.set_faults(case.rule_for_all(WORDS[words]))
        _, error = run(world, case, request_attempts=3, alpha_vantage_requests_per_day=1)
        told = invariants.assert_told(error, RateLimited, "next day")
        midnight = datetime(2025, 8, 1, tzinfo=NEW_YORK)
        assert told.retry_after_s == pytest.approx((midnight - NOW).total_seconds())
        assert len(world.requests()) == 1
        assert not any(world.lake().count(table) for table in (PRICES, MACRO, COVERAGE))
        world.heal()
        _, error = run(world, case)
        invariants.assert_told(error, RateLimited)
        assert (len(world.requests()), world.waits) == (1, [])
        world.twin.clock.fix(midnight + timedelta(seconds=1))
        assert_mended(world, case)

    def test_while_our_count_says_that_requests_are_left_a_minute_is_waited(
        self, world: World, case: Case, words: str
    ) -> None:
        world.set_faults(case.rule(WORDS[words]))
        _, error = run(world, case, request_attempts=3)
        told = invariants.assert_told(error, RateLimited)
        assert told.retry_after_s == 60
        assert len(world.requests()) == 1
        assert not any(world.lake().count(table) for table in (PRICES, MACRO, COVERAGE))
        began = world.twin.clock.now()
        assert_mended(world, case)
        assert world.twin.clock.now() - began >= timedelta(seconds=60)


class TestB05TextInTheClothesOfATable:
    @pytest.mark.parametrize("case", [ALPHA_VANTAGE, ECONOMY], ids=str)
    def test_json_is_asked_for_and_a_table_is_refused(self, world: World, case: Case) -> None:
        text = "Information\r\nThe standard API rate limit is 25 requests per day.\r\n"
        table = {"kind": "replace_body", "text": text, "content_type": "text/csv"}
        world.set_faults(case.rule(table))
        assert "PayloadError" in told_by(case, world)
        assert {entry["query"]["datatype"] for entry in world.requests()} == {"json"}
        assert_mended(world, case)

    def test_the_one_real_table_must_have_its_columns(self, world: World) -> None:
        text = "Information\r\nToo many requests.\r\n"
        table = {"kind": "replace_body", "text": text, "content_type": "text/csv"}
        world.set_faults(MEMBERSHIP.rule(table))
        told = told_by(MEMBERSHIP, world)
        assert "ContractError" in told
        assert "the columns are 'Information'" in told
        assert_mended(world, MEMBERSHIP)


BAD_KEYS: Final = [
    pytest.param(POLYGON, preset("polygon.401"), "POLYGON_API_KEY", id="polygon"),
    pytest.param(FINNHUB, preset("finnhub.401"), "FINNHUB_API_KEY", id="finnhub"),
    pytest.param(NEWSAPI, preset("newsapi.401"), "NEWSAPI_API_KEY", id="newsapi"),
    pytest.param(FRED, preset("fred.400"), "FRED_API_KEY", id="fred"),
    pytest.param(ECONOMY, preset("av.demo"), "ALPHA_VANTAGE_API_KEY", id="alpha_vantage"),
]


@pytest.mark.parametrize(("case", "action", "setting"), BAD_KEYS)
class TestB06TheKeyIsRefused:
    def test_it_is_told_at_once_which_setting_is_wrong_and_other_vendors_go_on(
        self, world: World, case: Case, action: dict[str, Any], setting: str
    ) -> None:
        world.set_faults(case.rule_for_all(action))
        _, error = run(world, case, request_attempts=5)
        invariants.assert_told(error, AuthError, f"set {setting}")
        assert (len(world.requests()), world.waits) == (1, [])
        report, error = run(replace(world, home=world.home.with_name("other")), TREASURY)
        assert error is None
        assert report is not None
        assert not report.failed
        assert_mended(world, case)


class TestB07ThePlanDoesNotHaveIt:
    def test_what_the_plan_has_not_yet_is_noted_as_such_and_asked_for_again(
        self, world: World
    ) -> None:
        world.set_faults(POLYGON.rule_for_all(preset("polygon.403.today")))
        _, error = run(world, POLYGON, days=DAYS[2:], request_attempts=5)
        invariants.assert_told(error, EntitlementError, "upgrade the plan")
        assert (len(world.requests()), world.waits) == (1, [])
        assert set(causes(world, POLYGON).values()) == {"not_on_plan"}
        assert_mended(world, POLYGON, days=DAYS[2:])

    def test_history_beyond_the_plan_is_found_out_once_and_the_rest_is_fetched(
        self, world: World
    ) -> None:
        days = sessions(date(2023, 6, 1), date(2023, 8, 31))
        free = {"polygon_api_key": FREE_KEY}
        report, error = run(world, POLYGON, days=days, **free)
        assert error is None
        assert report is not None
        assert len(world.requests()) <= 4 * len(POLYGON.subjects)
        noted = causes(world, POLYGON)
        beyond = {day for day in days if day < NOW.astimezone(NEW_YORK).date() - 2 * 365 * DAY}
        assert {day for _, day in noted} <= beyond | {max(beyond)}
        assert set(noted.values()) == {"not_on_plan"}
        stored = world.lake().count(PRICES)
        assert stored == len(POLYGON.subjects) * len(days) - len(noted)
        world.forget()
        run(world, POLYGON, days=days, **free)
        assert world.requests() == []

    def test_a_span_that_is_wholly_beyond_the_plan_is_asked_for_once(self, world: World) -> None:
        days = sessions(date(2020, 3, 2), date(2020, 3, 13))
        _, error = run(world, POLYGON, days=days, polygon_api_key=FREE_KEY)
        invariants.assert_told(error, EntitlementError, "timeframe")
        assert len(world.requests()) <= 2
        assert set(causes(world, POLYGON).values()) == {"not_on_plan"}
        world.forget()
        _, error = run(world, POLYGON, days=days, polygon_api_key=FREE_KEY)
        assert (world.requests(), error) == ([], None)

    @pytest.mark.parametrize(
        ("case", "name"),
        [
            pytest.param(NEWSAPI, "newsapi.426.history", id="newsapi"),
            pytest.param(FINNHUB, "finnhub.403", id="finnhub"),
            pytest.param(ECONOMY, "av.premium", id="alpha_vantage"),
        ],
    )
    def test_a_feed_that_is_not_on_the_plan_stops_after_a_few_subjects(
        self, world: World, case: Case, name: str
    ) -> None:
        world.set_faults(case.rule_for_all(preset(name)))
        _, error = run(world, case, request_attempts=5)
        invariants.assert_told(error, EntitlementError, "upgrade the plan")
        assert len(world.requests()) <= 3
        assert set(causes(world, case).values()) == {"not_on_plan"}
        the_plan_is_another_one(world, case)
        assert_mended(world, case)

    def test_one_subject_that_is_not_on_the_plan_does_not_stop_the_others(
        self, world: World
    ) -> None:
        world.set_faults(FINNHUB.rule(preset("finnhub.403")))
        report, error = run(world, FINNHUB)
        assert error is None
        assert report is not None
        assert list(report.failed) == ["AAPL"]
        assert report.rows_appended > 0
        the_plan_is_another_one(world, FINNHUB)
        assert_mended(world, FINNHUB)


class TestB08TooManyResults:
    def test_a_narrower_window_brings_what_the_wide_one_did_not(self, world: World) -> None:
        world.set_faults(NEWSAPI.rule(preset("newsapi.426"), times=1))
        report, _ = run(world, NEWSAPI)
        assert world.hits() == 1
        assert report is not None
        assert not report.failed
        invariants.assert_healed(world.lake(), world.calm_after(NEWSAPI.key, DAYS))
        assert_mended(world, NEWSAPI)

    def test_where_no_window_is_narrow_enough_nothing_of_it_is_stored_and_a_gap_tells(
        self, world: World
    ) -> None:
        apple = {"match": {"vendor": "newsapi", "query": {"q": '"Apple"'}}}
        world.set_faults(apple | {"action": preset("newsapi.426")})
        report, _ = run(world, NEWSAPI)
        assert report is not None
        assert "EntitlementError" in report.failed["AAPL"]
        assert "none was fetched" in report.failed["AAPL"]
        assert world.hits() <= 16
        assert {symbol for symbol, _ in causes(world, NEWSAPI)} == {"AAPL"}
        assert report.rows_appended > 0
        the_plan_is_another_one(world, NEWSAPI)
        assert_mended(world, NEWSAPI)


@pytest.mark.parametrize("case", [YAHOO, POLYGON, FRED], ids=str)
class TestB09AnOutageThatPasses:
    def test_tries_come_later_and_later_and_then_the_answer(self, world: World, case: Case) -> None:
        outage = {"kind": "flap", "period": 2, "body_preset": "html.503"}
        world.set_faults(case.rule(outage))
        report, _ = run(world, case, request_attempts=3)
        assert world.hits() >= 2
        assert report is not None
        assert not report.failed
        first, second = world.waits[:2]
        assert 0.25 <= first <= 0.75
        assert 0.5 <= second <= 1.5
        invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))
        assert_mended(world, case)


class TestB10AnErrorIsNotRemembered:
    def test_the_next_run_of_the_same_process_succeeds(self, world: World) -> None:
        feed = world.feed(YAHOO.key)
        world.set_faults(YAHOO.rule({"kind": "status", "status": 500}))
        assert list(feed.fetch(DAYS).failed) == ["AAPL"]
        world.heal()
        assert not feed.fetch(DAYS).failed
        invariants.assert_healed(world.lake(), world.calm_after(YAHOO.key, DAYS))
        assert_mended(world, YAHOO)


NO_CRUMB: Final = {
    "web-page": preset("yahoo.crumb"),
    "too-many": preset("yahoo.429"),
    "outage": preset("html.503"),
}


@pytest.mark.parametrize("action", NO_CRUMB.values(), ids=NO_CRUMB)
class TestB11YahooGivesNoCrumb:
    crumb: Final = {"vendor": "yahoo", "path": "getcrumb"}
    chart: Final = {"vendor": "yahoo", "path": "/v8/finance/chart/"}

    def test_charts_come_without_one(self, world: World, action: dict[str, Any]) -> None:
        world.set_faults({"match": self.crumb, "action": action})
        report, _ = run(world, YAHOO, request_attempts=3)
        assert report is not None
        assert not report.failed
        charts = asked_at(world, "yahoo", "/v8/finance/chart/")
        assert len(charts) == len(YAHOO.subjects)
        assert len(world.requests()) - len(charts) < 7
        invariants.assert_healed(world.lake(), world.calm_after(YAHOO.key, DAYS))

    def test_where_they_do_not_the_feed_stops_at_the_first_symbol(
        self, world: World, action: dict[str, Any]
    ) -> None:
        world.set_faults(
            {"match": self.crumb, "action": action},
            {"match": self.chart, "action": preset("yahoo.401")},
        )
        _, error = run(world, YAHOO, request_attempts=3)
        invariants.assert_told(error, AuthError, "Yahoo wants a fresh cookie and crumb")
        assert len(world.requests()) <= 7
        assert_mended(world, YAHOO)


class TestB12ALiveSymbolIsForgottenForAnHour:
    @pytest.mark.parametrize(
        ("case", "name"),
        [
            pytest.param(YAHOO, "yahoo.404", id="yahoo"),
            pytest.param(POLYGON, "polygon.404", id="polygon"),
        ],
    )
    def test_a_symbol_that_has_traded_is_not_taken_for_delisted(
        self, world: World, case: Case, name: str
    ) -> None:
        world.fetch(case.key, EARLIER)
        world.set_faults(case.rule(preset(name)))
        told = told_by(case, world)
        assert "NotFound" in told
        assert "not_found" not in causes(world, case).values()
        assert {symbol for symbol, _ in causes(world, case)} == {"AAPL"}
        assert_mended(world, case, earlier=EARLIER)

    def test_a_symbol_that_nobody_has_seen_is_asked_for_until_that_is_confirmed(
        self, world: World
    ) -> None:
        world.set_faults(YAHOO.rule(preset("yahoo.404")))
        for days_later, is_asked in ((0, True), (2, True), (6, True)):
            world.forget()
            world.at(NOW + days_later * DAY)
            run(world, YAHOO)
            assert bool(asked_at(world, "yahoo", "/chart/AAPL")) is is_asked
            assert set(causes(world, YAHOO).values()) == {"not_found"}
        world.at(NOW + CONFIRMED_AFTER + DAY)
        world.forget()
        run(world, YAHOO)
        assert world.requests("yahoo") == []

    def test_an_hour_later_it_is_there_again(self, world: World) -> None:
        world.set_faults(YAHOO.rule(preset("yahoo.404")))
        assert "NotFound" in told_by(YAHOO, world)
        assert_mended(world, YAHOO)


PAGES: Final = [
    pytest.param(YAHOO, "yahoo.html", id="yahoo-maintenance"),
    pytest.param(YAHOO, "yahoo.consent", id="yahoo-consent"),
    pytest.param(POLYGON, "html.login", id="polygon"),
    pytest.param(ALPHA_VANTAGE, "html.login", id="alpha_vantage"),
    pytest.param(FINNHUB, "html.login", id="finnhub"),
    pytest.param(NEWSAPI, "html.login", id="newsapi"),
    pytest.param(WORLD_BANK, "html.login", id="world_bank"),
    pytest.param(FED, "fed.html", id="fed"),
    pytest.param(MEMBERSHIP, "html.login", id="membership"),
]


@pytest.mark.parametrize(("case", "name"), PAGES)
class TestB13AWebPageWithStatus200:
    def test_it_is_an_outage_and_not_an_answer(self, world: World, case: Case, name: str) -> None:
        world.set_faults(case.rule(preset(name)))
        told = told_by(case, world)
        assert "VendorOutage" in told
        assert "a web page came" in told
        assert_mended(world, case)


class TestB14FinnhubSpeaksPlainText:
    @pytest.mark.parametrize(
        "action",
        [
            pytest.param(
                {"kind": "replace_body", "text": "Please try later", "content_type": "text/plain"},
                id="words",
            ),
            pytest.param({"kind": "replace_body", "content_type": "text/plain"}, id="type"),
        ],
    )
    def test_text_is_not_handed_on_as_data(self, world: World, action: dict[str, Any]) -> None:
        world.set_faults(FINNHUB.rule(action))
        told = told_by(FINNHUB, world)
        assert "PayloadError" in told
        assert re.search("payload=[0-9a-f]{64}", told)
        assert_mended(world, FINNHUB)


class TestB15AnOldCopy:
    def test_one_older_than_what_is_stored_is_refused(self, world: World) -> None:
        world.fetch(WORLD_BANK.key, EARLIER, WORLD_BANK.subjects)
        stored = invariants.snapshot(world.lake(), [MACRO])[MACRO.name]
        world.set_faults(WORLD_BANK.rule({"kind": "stale", "as_of": "2024-03-01T00:00:00Z"}))
        told = told_by(WORLD_BANK, world)
        assert "a stale copy: updated on" in told
        assert invariants.snapshot(world.lake(), [MACRO])[MACRO.name] == stored
        assert_mended(world, WORLD_BANK, earlier=EARLIER)

    @pytest.mark.parametrize(
        ("case", "table", "fault"),
        [
            pytest.param(FED, FED_RELEASES, {"days": 1}, id="releases-of-yesterday"),
            pytest.param(FED, FED_RELEASES, {"days": 300}, id="releases"),
            pytest.param(CALENDAR, FOMC_MEETINGS, {"days": 200}, id="calendar"),
            pytest.param(
                MEMBERSHIP, INDEX_MEMBERSHIP, {"as_of": "2025-06-20T00:00:00Z"}, id="membership"
            ),
        ],
    )
    def test_an_older_list_than_what_is_stored_is_refused_though_it_has_no_version(
        self, world: World, case: Case, table: Table, fault: dict[str, Any]
    ) -> None:
        world.fetch(case.key, EARLIER, case.subjects)
        stored = invariants.snapshot(world.lake(), [table])[table.name]
        world.set_faults(case.rule({"kind": "stale", **fault}))
        told = told_by(case, world)
        assert world.hits() == 1
        assert "ContractError" in told
        assert "a stale copy: of" in told
        assert "has been stored" in told
        assert set(causes(world, case).values()) == {"failed"}
        assert invariants.snapshot(world.lake(), [table])[table.name] == stored
        assert_mended(world, case, earlier=EARLIER)

    @pytest.mark.parametrize("case", [FED, CALENDAR, MEMBERSHIP], ids=str)
    def test_a_market_whose_clock_is_set_back_has_no_stale_lists(
        self, world: World, case: Case
    ) -> None:
        world.fetch(case.key, EARLIER, case.subjects)
        world.at(datetime(2025, 3, 3, 12, tzinfo=UTC))
        report, error = run(world, case, days=sessions(date(2025, 2, 3), date(2025, 2, 7)))
        assert error is None
        assert report is not None
        assert not report.failed

    def test_what_an_old_list_lacks_comes_with_the_next_day(self, world: World) -> None:
        calm = replace(world, home=world.home.with_name("calm"))
        calm.fetch(FED.key, DAYS)
        world.set_faults(FED.rule({"kind": "stale", "days": 300}))
        run(world, FED, days=DAYS[:3])
        assert world.hits() == 1
        stored, whole = (one.lake().count(FED_RELEASES) for one in (world, calm))
        world.heal()
        before = invariants.everything(world.lake())
        world.fetch(FED.key, DAYS)
        invariants.assert_nothing_lost(before, world.lake())
        urls, wanted = (
            set(one.lake().read(FED_RELEASES)["url"].to_pylist()) for one in (world, calm)
        )
        assert stored < whole
        assert wanted <= urls
        invariants.assert_one_row_per_key(world.lake())

    def test_not_modified_is_believed_where_we_asked_for_it(self, world: World) -> None:
        fed: Fed = open_fed(world.settings())
        first = fed.feed()
        again = fed.feed(since=first.mark)
        assert [entry["status"] for entry in world.requests("fed")] == [200, 304]
        assert (first.has_changed, again.has_changed, again.mark) == (True, False, first.mark)

    def test_an_old_copy_of_the_feed_starts_nothing_and_forgets_nothing(self, world: World) -> None:
        fed: Fed = open_fed(world.settings())
        first = fed.feed()
        _, watch, _ = announcements(Watch(), first.collected.rows.to_pylist(), NOW)
        world.set_faults(FED.rule({"kind": "stale", "days": 300}))
        old = fed.feed(since=first.mark)
        assert world.hits() == 1
        assert old.has_changed
        started, after, why = announcements(watch, old.collected.rows.to_pylist(), NOW)
        assert watch.newest
        assert (started, after) == ([], watch)
        assert why == f"nothing since {watch.newest.isoformat()}"

    @pytest.mark.parametrize("case", [FED, POLYGON, MEMBERSHIP], ids=str)
    def test_not_modified_is_an_error_where_we_did_not(self, world: World, case: Case) -> None:
        world.set_faults(case.rule({"kind": "status", "status": 304}))
        told = told_by(case, world)
        assert "ContractError" in told
        assert "nothing has changed, it says, and nobody asked that" in told
        assert "look for a cache or a proxy in between" in told
        assert "status=304" in told
        assert not any("if-none-match" in entry["headers"] for entry in world.requests())
        assert_mended(world, case)


@pytest.mark.parametrize("case", [NEWSAPI, YAHOO, FINNHUB, ALPHA_VANTAGE, TREASURY], ids=str)
class TestB16TheErrorIsAWebPage:
    def test_it_is_an_outage_with_its_status(self, world: World, case: Case) -> None:
        world.set_faults(case.rule(preset("html.502")))
        told = told_by(case, world)
        assert "VendorOutage" in told
        assert "status=502" in told
        assert "<html" not in told
        assert_mended(world, case)
