from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import finnhub
import httpx
import numpy as np
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.fundamentals import fundamentals
from stock_assets.sandbox.truth.generated import generate
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE, LAST, SYMBOLS

API = "/finnhub/api/v1"
WITHIN_A_SESSION = datetime(2025, 3, 14, 17, tzinfo=UTC)


@pytest.fixture
def client(twin: RunningTwin) -> Iterator[finnhub.Client]:
    with finnhub.Client(UNLIMITED_KEY) as opened:
        opened.API_URL = f"{twin.url}{API}"
        opened._session.trust_env = False
        yield opened


def ask(http: httpx.Client, path: str, key: str = UNLIMITED_KEY, **query: str) -> httpx.Response:
    return http.get(f"{API}/{path}", params={"token": key, **query})


class TestCompanyNews:
    def test_a_body_has_exactly_the_fields_of_the_vendor(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        clock.fix(WITHIN_A_SESSION)
        rows = client.company_news("AAPL", _from="2025-03-10", to="2025-03-11")
        assert rows[0] == {
            "category": "company",
            "datetime": 1741725895,
            "headline": "Dreadful losses in databases hurt Apple",
            "id": 4548910676036,
            "image": "https://harborjournal.example/images/4548910676036.jpg",
            "related": "AAPL",
            "source": "The Harbor Journal",
            "summary": "It was the worst quarter in years, with awful demand and heavy "
            "impairments.",
            "url": "https://finnhub.io/api/news?id="
            "82f8c0eaa73815295678c6411e3a6a88550b6d9637ac1597b7b3bc36e344c882",
        }
        assert len({row["id"] for row in rows}) == len(rows) == 2

    def test_articles_of_the_days_asked_for_come_newest_first(self, client: finnhub.Client) -> None:
        rows = client.company_news("AAPL", _from="2026-10-01", to="2026-10-31")
        stamps = [row["datetime"] for row in rows]
        assert len(rows) > 10
        assert stamps == sorted(stamps, reverse=True)
        assert datetime(2026, 10, 1, tzinfo=UTC).timestamp() <= stamps[-1]
        assert stamps[0] < datetime(2026, 11, 1, tzinfo=UTC).timestamp()

    def test_nothing_is_listed_before_it_is_published(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        days = {"_from": "2025-03-01", "to": "2025-03-31"}
        clock.fix(datetime(2025, 4, 2, tzinfo=UTC))
        late = client.company_news("AAPL", **days)
        clock.fix(WITHIN_A_SESSION)
        early = client.company_news("AAPL", **days)
        assert 0 < len(early) < len(late)
        assert all(row["datetime"] <= WITHIN_A_SESSION.timestamp() for row in early)

    def test_history_ends_after_a_year_and_lists_are_cut_without_a_word(
        self, client: finnhub.Client
    ) -> None:
        rows = client.company_news("AAPL", _from="2020-01-01", to="2026-11-21")
        assert len(rows) == 250
        assert client.company_news("AAPL", _from="2025-01-01", to="2025-11-20") == []

    def test_a_withdrawn_article_is_gone(self, client: finnhub.Client, clock: TwinClock) -> None:
        span = {"_from": "2026-01-01", "to": "2026-03-31"}
        clock.fix(datetime(2026, 4, 20, tzinfo=UTC))
        final = {row["id"] for row in client.company_news("AAPL", **span)}
        gone = set()
        for day in range(1, 90, 2):
            clock.fix(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))
            gone |= {row["id"] for row in client.company_news("AAPL", **span)} - final
        assert gone

    def test_an_unknown_symbol_has_no_articles(self, client: finnhub.Client) -> None:
        assert client.company_news("ZZZZ", _from="2026-10-01", to="2026-10-31") == []

    def test_a_company_is_known_by_the_symbol_of_today(self, client: finnhub.Client) -> None:
        days = {"_from": "2026-10-01", "to": "2026-10-31"}
        assert client.company_news("META", **days)
        assert client.company_news("FB", **days) == []

    @pytest.mark.parametrize(
        "query",
        [{}, {"symbol": "AAPL"}, {"symbol": "AAPL", "from": "2026-1-1", "to": "2026-01-02"}],
    )
    def test_missing_or_wrong_parameters_are_refused(
        self, http: httpx.Client, query: dict[str, str]
    ) -> None:
        assert ask(http, "company-news", **query).status_code == 422

    def test_general_news_can_be_read_on_from_an_id(self, client: finnhub.Client) -> None:
        rows = client.general_news("general", min_id=0)
        assert 10 < len(rows) <= 100
        assert {row["category"] for row in rows} == {"general"}
        newer = client.general_news("general", min_id=rows[3]["id"])
        assert newer == rows[:3]
        assert client.general_news("crypto", min_id=0) == []


class TestQuote:
    def test_after_the_close_it_is_the_last_bar(self, client: finnhub.Client, truth: Truth) -> None:
        bars = truth.stocks["AAPL"].bars.upto(date(2026, 11, 20))
        close, before = float(bars.close[-1]), float(bars.close[-2])
        assert client.quote("AAPL") == {
            "c": close,
            "d": round(close - before, 4),
            "dp": round(100 * round(close - before, 4) / before, 4),
            "h": float(bars.high[-1]),
            "l": float(bars.low[-1]),
            "o": float(bars.open[-1]),
            "pc": before,
            "t": int(datetime(2026, 11, 20, 21, tzinfo=UTC).timestamp()),
        }

    def test_inside_a_session_it_is_the_bar_so_far(
        self, client: finnhub.Client, truth: Truth, clock: TwinClock
    ) -> None:
        clock.fix(WITHIN_A_SESSION)
        quote = client.quote("AAPL")
        bar = truth.stocks["AAPL"].bars.between(date(2025, 3, 14), date(2025, 3, 14))
        assert quote["t"] == int(WITHIN_A_SESSION.timestamp())
        assert quote["o"] == float(bar.open[0])
        assert quote["c"] != float(bar.close[0])
        assert quote["l"] <= quote["c"] <= quote["h"]

    def test_before_the_opening_it_is_still_the_session_before(
        self, client: finnhub.Client, clock: TwinClock, truth: Truth
    ) -> None:
        clock.fix(datetime(2025, 3, 14, 13, tzinfo=UTC))
        bars = truth.stocks["AAPL"].bars.upto(date(2025, 3, 13))
        assert client.quote("AAPL")["c"] == float(bars.close[-1])

    def test_on_the_day_of_a_split_the_previous_close_is_in_new_shares(
        self, client: finnhub.Client, clock: TwinClock, truth: Truth
    ) -> None:
        stock = truth.stocks["AVGO"]
        split = stock.splits[-1]
        clock.fix(datetime.combine(split.ex_date, datetime.min.time(), UTC) + timedelta(hours=23))
        before = stock.bars.upto(split.ex_date - timedelta(days=1)).close[-1]
        assert client.quote("AVGO")["pc"] == pytest.approx(before / split.ratio, abs=1e-4)

    @pytest.mark.parametrize("symbol", ["ZZZZ", "SVBX", "FB", "AAPL/../x", "' or 1=1"])
    def test_what_is_not_listed_is_zero_and_no_error(
        self, client: finnhub.Client, symbol: str
    ) -> None:
        assert client.quote(symbol) == {
            "c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0,
        }  # fmt: skip

    def test_a_halted_stock_shows_its_last_trade(
        self, client: finnhub.Client, clock: TwinClock, truth: Truth
    ) -> None:
        clock.fix(datetime(2025, 3, 12, 17, tzinfo=UTC))
        assert client.quote("HALTX")["t"] == int(datetime(2025, 3, 10, 20, tzinfo=UTC).timestamp())


class TestCompany:
    def test_a_profile_has_the_vendors_fields_with_money_and_shares_in_millions(
        self, client: finnhub.Client, truth: Truth
    ) -> None:
        stock = truth.stocks["BRK.B"]
        books = fundamentals(11, stock, date(2026, 11, 20))
        close = float(stock.bars.upto(date(2026, 11, 20)).close[-1])
        assert client.company_profile2(symbol="BRK.B") == {
            "country": "US",
            "currency": "USD",
            "estimateCurrency": "USD",
            "exchange": "NEW YORK STOCK EXCHANGE, INC.",
            "finnhubIndustry": "Financials",
            "ipo": stock.listing.listed_on.isoformat(),
            "logo": "https://static2.finnhub.io/file/publicdatany/berkshirehathawayclassb.png",
            "marketCapitalization": round(books.shares * close / 1e6, 4),
            "name": "Berkshire Hathaway Class B",
            "phone": "12125550100",
            "shareOutstanding": round(books.shares / 1e6, 4),
            "ticker": "BRK.B",
            "weburl": "https://www.berkshirehathawayclassb.example/",
        }

    def test_the_metrics_agree_with_the_bars_and_the_books(
        self, client: finnhub.Client, truth: Truth
    ) -> None:
        stock, day = truth.stocks["BRK.B"], date(2026, 11, 20)
        answer = client.company_basic_financials("BRK.B", "all")
        assert list(answer) == ["metric", "metricType", "series", "symbol"]
        assert (answer["metricType"], answer["symbol"]) == ("all", "BRK.B")
        metric, books = answer["metric"], fundamentals(11, stock, day)
        bars = stock.bars.upto(day)
        assert not any(date(2025, 11, 1) < s.ex_date <= day for s in stock.splits)
        assert metric["10DayAverageTradingVolume"] == pytest.approx(
            np.mean(bars.volume[-10:]) / 1e6, abs=1e-5
        )
        year = bars.between(day - timedelta(days=365), day)
        assert metric["52WeekHigh"] == pytest.approx(float(year.high.max()))
        assert metric["52WeekLowDate"] == str(year.days[int(np.argmin(year.low))])
        close = float(bars.close[-1])
        assert metric["peTTM"] == pytest.approx(close / books.eps_ttm_usd, abs=1e-4)
        assert metric["marketCapitalization"] == pytest.approx(books.shares * close / 1e6, abs=1e-3)
        percent = 100 * books.dividend_ttm_usd / close
        assert metric["currentDividendYieldTTM"] == pytest.approx(percent, abs=1e-4)
        newest = answer["series"]["quarterly"]["eps"][0]
        assert newest == {"period": "2026-09-30", "v": books.quarters[0].eps_usd}

    def test_unknown_companies_are_empty(self, client: finnhub.Client) -> None:
        assert client.company_profile2(symbol="ZZZZ") == {}
        assert client.company_basic_financials("ZZZZ", "all") == {
            "metric": {}, "metricType": "all", "series": {}, "symbol": "ZZZZ",
        }  # fmt: skip

    def test_every_symbol_has_a_quote_and_books_throughout_its_life(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        for instant in (datetime(2016, 5, 2, tzinfo=UTC), AFTER_THE_CLOSE):
            clock.fix(instant)
            for symbol in set(SYMBOLS) - {"SVBX", "META"}:
                assert client.quote(symbol)["c"] > 0
                assert client.company_profile2(symbol=symbol)["shareOutstanding"] > 1
                assert client.company_basic_financials(symbol, "all")["metric"]["beta"] > 0


class TestCalendars:
    def test_economic_events_are_utc_without_saying_so(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        clock.fix(WITHIN_A_SESSION)
        listed = client.calendar_economic(_from="2025-03-10", to="2025-03-21")["economicCalendar"]
        jobs = next(row for row in listed if row["event"] == "CPI YoY")
        assert jobs == {
            "actual": jobs["actual"],
            "country": "US",
            "estimate": jobs["estimate"],
            "event": "CPI YoY",
            "impact": "high",
            "prev": jobs["prev"],
            "time": "2025-03-11 12:30:00",
            "unit": "%",
        }
        assert isinstance(jobs["actual"], float)
        fed = next(row for row in listed if row["event"].startswith("Fed"))
        assert (fed["time"], fed["actual"]) == ("2025-03-19 18:00:00", None)

    def test_they_are_not_for_free(self, http: httpx.Client) -> None:
        for path in ("calendar/economic", "stock/candle"):
            refused = ask(http, path, key=FREE_KEY)
            assert refused.status_code == 403
            assert refused.json() == {"error": "You don't have access to this resource."}

    @pytest.mark.parametrize(
        "query", [{"from": "soon"}, {"from": "2020-01-01", "to": "2025-01-01"}]
    )
    def test_wrong_or_endless_ranges_are_refused(
        self, http: httpx.Client, query: dict[str, str]
    ) -> None:
        assert ask(http, "calendar/economic", **query).status_code == 422

    def test_holidays_and_half_days_are_listed_ahead(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        clock.fix(datetime(2024, 12, 20, tzinfo=UTC))
        answer = client.market_holiday(exchange="US")
        assert (answer["exchange"], answer["timezone"]) == ("US", "America/New_York")
        assert {"eventName": "Christmas", "atDate": "2025-12-25", "tradingHour": ""} in answer[
            "data"
        ]
        half = {"eventName": "Christmas", "atDate": "2024-12-24", "tradingHour": "09:30-13:00"}
        assert half in answer["data"]

    def test_a_day_of_mourning_is_not_known_before_it_comes(
        self, client: finnhub.Client, clock: TwinClock
    ) -> None:
        listed = []
        for now in (datetime(2024, 12, 20, tzinfo=UTC), datetime(2025, 1, 10, tzinfo=UTC)):
            clock.fix(now)
            days = {row["atDate"] for row in client.market_holiday(exchange="US")["data"]}
            listed.append("2025-01-09" in days)
        assert listed == [False, True]

    def test_another_exchange_has_none_here(self, http: httpx.Client) -> None:
        answer = ask(http, "stock/market-holiday", exchange="L").json()
        assert answer == {"data": [], "exchange": "L", "timezone": ""}


def test_the_same_seed_clock_and_requests_give_the_same_bytes_of_news_and_companies(
    truth: Truth,
) -> None:
    again = generate(SYMBOLS, seed=11, last=LAST)
    token, key = f"token={UNLIMITED_KEY}", f"apiKey={UNLIMITED_KEY}"
    paths = (
        f"{API}/company-news?symbol=BA&from=2026-09-01&to=2026-11-20&{token}",
        f"{API}/news?category=general&{token}",
        f"{API}/quote?symbol=BA&{token}",
        f"{API}/stock/profile2?symbol=BA&{token}",
        f"{API}/stock/metric?symbol=BA&metric=all&{token}",
        f"{API}/calendar/economic?{token}",
        f"/newsapi/v2/everything?q=Boeing&{key}",
        f"/polygon/v2/reference/news?limit=50&{key}",
    )

    def answers(market: Truth) -> list[bytes]:
        with (
            running_twin(market, TwinClock(AFTER_THE_CLOSE)) as twin,
            httpx.Client(base_url=twin.url, trust_env=False) as http,
        ):
            return [http.get(path).raise_for_status().content for path in paths]

    assert answers(truth) == answers(again)


class TestWhoMayAsk:
    def test_an_empty_token_is_told_to_sign_up_and_a_wrong_one_that_it_is_wrong(
        self, http: httpx.Client
    ) -> None:
        empty = ask(http, "quote", key="", symbol="AAPL")
        assert empty.status_code == 429
        assert "Please sign up for a free account" in empty.json()["error"]
        wrong = ask(http, "quote", key="nonsense", symbol="AAPL")
        assert (wrong.status_code, wrong.json()) == (401, {"error": "Invalid API key"})

    def test_the_token_may_stand_in_a_header(self, http: httpx.Client) -> None:
        headers = {"X-Finnhub-Token": UNLIMITED_KEY}
        answer = http.get(f"{API}/quote?symbol=AAPL", headers=headers)
        assert answer.json()["c"] > 0

    def test_a_doubled_slash_is_the_clients_way(self, http: httpx.Client) -> None:
        answer = http.get(f"{API}//quote", params={"token": UNLIMITED_KEY, "symbol": "AAPL"})
        assert answer.json()["c"] > 0

    def test_an_unknown_path_is_not_found(self, http: httpx.Client) -> None:
        for path in ("nothing", "stock/nothing"):
            assert ask(http, path).status_code == 404

    def test_the_free_key_has_sixty_a_minute_and_thirty_a_second(self, truth: Truth) -> None:
        watch = [0.0]
        limits = Limits(timer=lambda: watch[0])
        with (
            running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as twin,
            httpx.Client(base_url=twin.url, trust_env=False) as http,
        ):
            first = ask(http, "quote", key=FREE_KEY, symbol="AAPL")
            assert first.headers["x-ratelimit-limit"] == "60"
            assert first.headers["x-ratelimit-remaining"] == "59"
            assert int(first.headers["x-ratelimit-reset"]) == AFTER_THE_CLOSE.timestamp() + 1
            at_once = [ask(http, "quote", key=FREE_KEY, symbol="AAPL") for _ in range(30)]
            assert [a.status_code for a in at_once].count(429) == 1
            watch[0] = 1.0
            rest = [ask(http, "quote", key=FREE_KEY, symbol="AAPL") for _ in range(30)]
            watch[0] = 2.0
            rest += [ask(http, "quote", key=FREE_KEY, symbol="AAPL") for _ in range(5)]
            refused = rest[-1]
            assert refused.status_code == 429
            assert refused.json() == {
                "error": "API limit reached. Please try again later. Remaining Limit: 0"
            }
            assert refused.headers["x-ratelimit-remaining"] == "0"

    def test_the_token_is_not_in_the_log(self, client: finnhub.Client, twin: RunningTwin) -> None:
        client.quote("AAPL")
        assert UNLIMITED_KEY not in str(twin.requests("finnhub"))
