"""What does it cost to turn the bytes of a vendor's answer into typed rows?

For each vendor whose bytes we parse ourselves, the same bytes (from the twin, as long as the
vendor's answers usually are) for both. Ours: from bytes to the rows of the table, with the vendor's
contract checked, malformed rows put aside, each key once, in order. Peer: ``json.loads`` and pandas
to the same columns: numbers as doubles, days as days, the vendor's marks for missing values as
missing, the instant at which each row was known, texts and addresses cleaned, ids hashed, each key
once, in order; nothing checked, nothing put aside. Both must come to the same values in every
column of the table. In turns in one process after a warm-up; the shortest of all turns, because
whatever else the machine does can only add to it.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from stock_assets.market import NEW_YORK, calendar
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.twin import Twin
from stock_assets.sandbox.wire import Ask
from stock_assets.vendors import alpha_vantage_rows, finnhub_rows
from stock_assets.vendors.alpha_vantage_body import read_body
from stock_assets.vendors.articles import Draft, accept, instant
from stock_assets.vendors.bars import sort_out
from stock_assets.vendors.fred_observations import read_observations
from stock_assets.vendors.fred_vintages import SeriesFacts, Window, vintages_of
from stock_assets.vendors.polygon_aggs import parse_aggs
from stock_assets.vendors.treasury_rows import auction_rows
from stock_assets.vendors.world_bank_rows import Asked, rows_of
from stock_assets.vendors.yahoo_chart import parse_chart
from stock_assets.vendors.yahoo_rows import chart_rows

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
DECADE_AGO = date(2016, 11, 21)
SYMBOL = "AAPL"
REPEATS = 61
LIMIT = 1 / 3
EASTERN = str(NEW_YORK)
COUNTRIES = ("USA", "CHN", "JPN", "DEU", "IND", "GBR")


@dataclass(frozen=True)
class Case:
    """The same bytes both ways; ``same`` names the peer's columns by ours where they differ."""

    name: str
    body: bytes
    ours: Callable[[bytes], pa.Table]
    peer: Callable[[bytes], pd.DataFrame]
    same: Mapping[str, str]


def the_twin() -> Twin:
    """A market of one company, that nobody else asks."""
    return Twin(generate((SYMBOL,), seed=7, last=TODAY), TwinClock(NOW))


def told(twin: Twin, vendor: str, path: str, *, host: str = "", **query: Any) -> bytes:
    """What the twin answers: the whole body."""
    ask = Ask(
        vendor=vendor,
        method="GET",
        path=path,
        query={name: str(value) for name, value in query.items()},
        headers={"authorization": f"Bearer {UNLIMITED_KEY}", "x-api-key": UNLIMITED_KEY},
        now=NOW,
        number=0,
        host=host,
    )
    answer = asyncio.run(twin.respond(ask))
    if answer.status != 200:
        raise SystemExit(
            f"{vendor}{path}?{urlencode(query)}: {answer.status} {answer.body[:200]!r}"
        )
    return answer.body


# FRED: one row per value and the days on which it was said


def fred_case(
    twin: Twin, series: str, frequency: str, since: date, clock: tuple[float, str]
) -> Case:
    """``clock``: at what hour of the day in New York it comes out, and since when."""
    window = Window(since, YESTERDAY)
    facts = SeriesFacts(series, frequency, "Percent")
    body = told(
        twin,
        "fred",
        "/fred/series/observations",
        series_id=series,
        realtime_start=window.first,
        realtime_end=window.last,
        sort_order="asc",
        limit=100_000,
        offset=0,
        file_type="json",
        api_key=FRED_UNLIMITED_KEY,
    )

    def ours(body: bytes) -> pa.Table:
        rows = read_observations(body)["observations"]
        return vintages_of(facts, [(window, rows)], after=None).rows

    def peer(body: bytes) -> pd.DataFrame:
        frame = pd.DataFrame(json.loads(body)["observations"])
        frame["period_start"] = pd.to_datetime(frame["date"], format="%Y-%m-%d")
        frame["vintage_on"] = pd.to_datetime(frame["realtime_start"], format="%Y-%m-%d")
        frame["value"] = pd.to_numeric(frame["value"].replace(".", np.nan))
        # Before that hour was in force the end of the day counts.
        hour, in_force = clock
        is_timed = frame["vintage_on"] >= in_force
        hours = pd.to_timedelta(np.where(is_timed, hour, 24.0), unit="h")
        wall = frame["vintage_on"] + hours
        frame["known_at"] = wall.dt.tz_localize(EASTERN).dt.tz_convert("UTC")
        frame = frame.assign(
            vendor="fred", series=series, country="USA", frequency=frequency, unit="Percent"
        )
        frame = frame.drop_duplicates(["period_start", "vintage_on", "value"])
        return frame.sort_values(["period_start", "vintage_on"])

    return Case(f"FRED {series}", body, ours, peer, {})


# The World Bank: a row per country and year


def world_bank_case(twin: Twin) -> Case:
    indicator = "NY.GDP.MKTP.KD.ZG"
    asked = Asked(indicator, COUNTRIES, 1990, TODAY.year, "A")
    body = told(
        twin,
        "worldbank",
        f"/v2/country/{';'.join(COUNTRIES)}/indicator/{indicator}",
        format="json",
        date=f"1990:{TODAY.year}",
        per_page=20_000,
        page=1,
    )

    def ours(body: bytes) -> pa.Table:
        head, rows = orjson.loads(body)
        return rows_of("", rows, asked, date.fromisoformat(head["lastupdated"])).rows

    def peer(body: bytes) -> pd.DataFrame:
        head, rows = json.loads(body)
        frame = pd.DataFrame(rows)
        updated_on = pd.Timestamp(head["lastupdated"])
        frame["period_start"] = pd.to_datetime(frame["date"], format="%Y")
        frame["value"] = pd.to_numeric(frame["value"])
        frame["country_code"] = frame["countryiso3code"]
        frame["vintage_on"] = updated_on
        end = (updated_on + pd.Timedelta(days=1)).tz_localize(EASTERN)
        frame["known_at"] = end.tz_convert("UTC")
        frame["unit"] = frame["unit"].replace("", None)
        frame = frame.assign(vendor="world_bank", series=indicator, frequency="A")
        frame = frame.drop_duplicates(["country_code", "period_start", "value"])
        return frame.sort_values(["country_code", "period_start"])

    return Case("World Bank", body, ours, peer, {"country": "country_code"})


# Bars: Polygon's aggregates, Yahoo's chart, Alpha Vantage's daily series

BAR = {"open_usd": "open", "high_usd": "high", "low_usd": "low", "close_usd": "close"}
SAME_BARS = {**BAR, "volume_shares": "volume", "price_basis": "basis"}


def closes_of(sessions: pd.Series) -> pd.Series:
    """When the market knew the bars of these days, by the calendar."""
    return sessions.map(CLOSES)


CLOSES = pd.Series({pd.Timestamp(session.day): session.close_at for session in calendar().sessions})


def aggs_case(twin: Twin) -> Case:
    body = told(
        twin,
        "polygon",
        f"/v2/aggs/ticker/{SYMBOL}/range/1/day/{DECADE_AGO}/{YESTERDAY}",
        adjusted="false",
        sort="asc",
        limit=50_000,
        apiKey=UNLIMITED_KEY,
    )

    def ours(body: bytes) -> pa.Table:
        return sort_out(parse_aggs([(SYMBOL, body)]), DECADE_AGO, YESTERDAY, YESTERDAY).rows

    def peer(body: bytes) -> pd.DataFrame:
        frame = pd.DataFrame(json.loads(body)["results"])
        local = pd.to_datetime(frame["t"], unit="ms", utc=True).dt.tz_convert(EASTERN)
        frame["session"] = local.dt.tz_localize(None).dt.normalize()
        frame = frame.rename(
            columns={"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
        )
        return finished(frame, "polygon")

    return Case("Polygon aggregates", body, ours, peer, SAME_BARS)


def chart_case(twin: Twin) -> Case:
    body = told(
        twin,
        "yahoo",
        f"/v8/finance/chart/{SYMBOL}",
        host="query2.finance.yahoo.com",
        period1=int(datetime(2016, 11, 21, tzinfo=UTC).timestamp()),
        period2=int(NOW.timestamp()),
        interval="1d",
        events="div,splits",
        includePrePost="false",
    )

    def ours(body: bytes) -> pa.Table:
        chart = parse_chart(SYMBOL, body)
        return chart_rows(SYMBOL, chart, (), DECADE_AGO, YESTERDAY, YESTERDAY).prices

    def peer(body: bytes) -> pd.DataFrame:
        result = json.loads(body)["chart"]["result"][0]
        frame = pd.DataFrame(result["indicators"]["quote"][0], dtype=float)
        local = pd.to_datetime(result["timestamp"], unit="s", utc=True).tz_convert(EASTERN)
        frame["session"] = local.tz_localize(None).normalize()
        frame = frame.dropna(how="all", subset=["open", "high", "low", "close", "volume"])
        for split in result.get("events", {}).get("splits", {}).values():
            on = pd.to_datetime(split["date"], unit="s", utc=True).tz_convert(EASTERN)
            before = frame["session"] < on.tz_localize(None).normalize()
            ratio = split["numerator"] / split["denominator"]
            frame.loc[before, ["open", "high", "low", "close"]] *= ratio
            frame.loc[before, "volume"] /= ratio
        frame[["open", "high", "low", "close"]] = frame[["open", "high", "low", "close"]].round(2)
        frame["volume"] = frame["volume"].round()
        return finished(frame, "yahoo")

    return Case("Yahoo chart", body, ours, peer, SAME_BARS)


def alpha_vantage_case(twin: Twin, size: str, indent: int | None = None) -> Case:
    """``indent``: as the vendor writes, unlike the twin."""
    body = told(
        twin,
        "alphavantage",
        "/query",
        function="TIME_SERIES_DAILY",
        symbol=SYMBOL,
        outputsize=size,
        apikey=UNLIMITED_KEY,
    )
    if indent is not None:
        body = json.dumps(json.loads(body), indent=indent).encode()

    def ours(body: bytes) -> pa.Table:
        content = read_body("", body, alpha_vantage_rows.SERIES, by_day=True)
        series = alpha_vantage_rows.read_series("", SYMBOL, content, adjusted=False)
        return sort_out(series.rows, date(1999, 11, 1), YESTERDAY, YESTERDAY).rows

    def peer(body: bytes) -> pd.DataFrame:
        entries = json.loads(body)["Time Series (Daily)"]
        frame = pd.DataFrame(list(entries.values())).replace(["None", "-"], np.nan)
        frame.columns = [name.partition(". ")[2] for name in frame.columns]
        frame["session"] = pd.to_datetime(list(entries), format="%Y-%m-%d")
        return finished(frame, "alpha_vantage")

    name = f"Alpha Vantage daily, {size}" + (", indented" if indent is not None else "")
    return Case(name, body, ours, peer, SAME_BARS)


def finished(frame: pd.DataFrame, vendor: str) -> pd.DataFrame:
    """Bars as doubles with who said them, known from the close on, each session once, in order."""
    numbers = ["open", "high", "low", "close", "volume"]
    frame[numbers] = frame[numbers].astype("float64")
    frame["known_at"] = closes_of(frame["session"])
    frame = frame.assign(vendor=vendor, symbol=SYMBOL, basis="as_traded")
    return frame.drop_duplicates(["symbol", "session"]).sort_values("session")


# The Treasury's auctions


def auctions_case(twin: Twin) -> Case:
    since = date(TODAY.year, 1, 1)
    first_page: dict[str, Any] = {"page[number]": 1, "page[size]": 10_000}
    body = told(
        twin,
        "treasury",
        "/services/api/fiscal_service/v1/accounting/od/auctions_query",
        filter=f"auction_date:gte:{since},auction_date:lte:{TODAY}",
        sort="auction_date,cusip",
        format="json",
        **first_page,
    )
    days = ["auction_date", "announcemt_date", "issue_date", "maturity_date"]
    amounts = ["offering_amt", "total_tendered", "total_accepted", "bid_to_cover_ratio"]
    numbers = [*amounts, "high_discnt_rate", "high_discnt_margin", "high_yield"]
    texts = ["cusip", "security_type", "security_term", "closing_time_comp"]
    flags = ["reopening", "inflation_index_security", "floating_rate"]

    def ours(body: bytes) -> pa.Table:
        return auction_rows(orjson.loads(body)["data"], NOW).rows

    def peer(body: bytes) -> pd.DataFrame:
        frame = pd.DataFrame(json.loads(body)["data"], columns=texts + days + numbers + flags)
        frame = frame.replace("null", None)
        for day in days:
            frame[day] = pd.to_datetime(frame[day], format="%Y-%m-%d")
        frame[numbers] = frame[numbers].astype("float64")
        for flag in flags:
            frame[flag] = frame[flag].map({"Yes": True, "No": False})
        is_bill, floats = frame["security_type"] == "Bill", frame["floating_rate"].eq(True)
        other = frame["high_discnt_margin"].where(floats, frame["high_yield"])
        frame["high_rate"] = frame["high_discnt_rate"].where(is_bill, other)
        is_held = frame["bid_to_cover_ratio"].notna() | frame["total_accepted"].notna()
        closing = pd.to_datetime(frame["closing_time_comp"], format="%I:%M %p")
        stated_s = (closing - closing.dt.normalize()).dt.total_seconds().fillna(0).to_numpy()
        closes_s = np.maximum(stated_s, np.where(is_bill, 41_400, 46_800))
        results = frame["auction_date"] + pd.to_timedelta(closes_s + 600, unit="s")
        announced = frame["announcemt_date"].fillna(frame["auction_date"]) + pd.Timedelta(days=1)
        wall = results.where(is_held, announced)
        known_at = wall.dt.tz_localize(EASTERN).dt.tz_convert("UTC")
        frame["known_at"] = known_at.clip(upper=pd.Timestamp(NOW))
        frame = frame.drop_duplicates(["cusip", "auction_date"])
        return frame.sort_values(["cusip", "auction_date"])

    on = ("auction_on", "announced_on", "issue_on", "maturity_on")
    usd = ("offering_usd", "tendered_usd", "accepted_usd", "bid_to_cover")
    are = ("is_reopening", "is_inflation_indexed", "is_floating_rate")
    same = dict(zip((*on, *usd, *are), (*days, *amounts, *flags), strict=True))
    return Case("Treasury auctions", body, ours, peer, {**same, "high_rate_percent": "high_rate"})


# Articles


def finnhub_case(twin: Twin) -> Case:
    first = TODAY - timedelta(days=120)
    span: dict[str, Any] = {"from": first, "to": TODAY}
    body = told(
        twin,
        "finnhub",
        "/api/v1/company-news",
        symbol=SYMBOL,
        token=UNLIMITED_KEY,
        **span,
    )

    def ours(body: bytes) -> pa.Table:
        drafts = [finnhub_rows.draft(SYMBOL, said) for said in orjson.loads(body)]
        return accept("finnhub", SYMBOL, drafts, first, TODAY, NOW)[0]

    def peer(body: bytes) -> pd.DataFrame:
        frame = pd.DataFrame(json.loads(body))
        frame["published_at"] = pd.to_datetime(frame["datetime"], unit="s", utc=True)
        frame["article_id"] = frame["id"].astype(str)
        return articles(frame, "finnhub")

    return Case("Finnhub articles", body, ours, peer, {})


def newsapi_case(twin: Twin) -> Case:
    first = TODAY - timedelta(days=25)
    body = told(
        twin,
        "newsapi",
        "/v2/everything",
        q='"Apple"',
        searchIn="title,description",
        language="en",
        sortBy="publishedAt",
        pageSize=100,
        page=1,
        apiKey=UNLIMITED_KEY,
        **{"from": f"{first}T00:00:00", "to": f"{NOW:%Y-%m-%dT%H:%M:%S}"},
    )

    def ours(body: bytes) -> pa.Table:
        drafts = [
            Draft(
                article_id=None,
                published_at=instant(said.get("publishedAt")),
                headline=said.get("title"),
                summary=said.get("description"),
                source=said["source"]["name"],
                url=said.get("url"),
                said=said,
            )
            for said in orjson.loads(body)["articles"]
        ]
        return accept("newsapi", SYMBOL, drafts, first, TODAY, NOW)[0]

    def peer(body: bytes) -> pd.DataFrame:
        frame = pd.DataFrame(json.loads(body)["articles"])
        frame["published_at"] = pd.to_datetime(frame["publishedAt"], utc=True)
        frame["source"] = [source["name"] for source in frame["source"]]
        frame = frame.rename(columns={"title": "headline", "description": "summary"})
        frame["article_id"] = frame["url"].map(address).map(hashed)
        return articles(frame, "newsapi")

    return Case("NewsAPI articles", body, ours, peer, {})


CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
TRACKER = re.compile(
    r"utm_.*|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|ref|ref_src"
    r"|ref_url|referrer|cmpid|ncid|icid|mod|siteid|sr_share|guccounter|guce_referrer(_sig)?"
    r"|soc_src|soc_trk|smid|tsrc|yptr",
    re.IGNORECASE,
)
PUBLISHER = re.compile(r"^((?:\S+\s+){3,}\S+)\s+[-|\u2013\u2014]\s+\S+(?:\s+\S+){0,4}$")
APOSTROPHES = re.compile("['`\u00b4\u2018\u2019]")
INITIAL = re.compile(r"\b(\w)\.")
WORD = re.compile(r"\w+")


def articles(frame: pd.DataFrame, vendor: str) -> pd.DataFrame:
    """Texts without control characters, addresses without trackers, one id per story."""
    for name in ("headline", "summary", "source"):
        frame[name] = frame[name].map(one_line, na_action="ignore")
    frame["url"] = frame["url"].map(address)
    days = frame["published_at"].dt.tz_convert(EASTERN).dt.date.astype(str)
    frame["story_id"] = (days + "\n" + frame["headline"].map(normalised)).map(hashed)
    frame["known_at"] = frame["published_at"]
    frame = frame.assign(vendor=vendor, symbol=SYMBOL)
    return frame.drop_duplicates("article_id").sort_values("published_at")


def one_line(text: str) -> str:
    """Without control characters and doubled blanks."""
    return " ".join(CONTROL.sub(" ", text).split())


def address(url: str) -> str:
    """Without trackers and fragment."""
    parts = urlsplit(url)
    pairs = [p for p in parts.query.split("&") if p and not TRACKER.fullmatch(p.split("=")[0])]
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", "&".join(pairs), ""))


def normalised(title: str) -> str:
    """A title's words, without the publisher at its end."""
    text = " ".join(unicodedata.normalize("NFKC", html.unescape(title)).split())
    text = APOSTROPHES.sub("", PUBLISHER.sub(r"\1", text))
    return " ".join(WORD.findall(INITIAL.sub(r"\1", text).casefold())) or text


def hashed(text: str) -> str:
    """An id."""
    return sha256(text.encode()).hexdigest()[:32]


# Measuring


def check_same(case: Case) -> int:
    """Hold the peer's columns against ours, all of them; how many rows there are."""
    rows, frame = case.ours(case.body), case.peer(case.body)
    for name, kind in zip(rows.column_names, rows.schema.types, strict=True):
        mine = rows[name].to_pandas()
        theirs = frame[case.same.get(name, name)].reset_index(drop=True)
        if pa.types.is_temporal(kind):
            mine, theirs = (pd.to_datetime(side, utc=True) for side in (mine, theirs))
        pd.testing.assert_series_equal(
            mine,
            theirs,
            check_names=False,
            check_dtype=False,
            rtol=1e-12,
            obj=f"{case.name} {name}",
        )
    return len(rows)


def timed(work: Callable[[bytes], Any], body: bytes) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work(body)
    return time.perf_counter() - started


def main() -> None:
    twin = the_twin()
    cases = [
        fred_case(twin, "UNRATE", "M", date(1776, 7, 4), (8.5, "1994-01-01")),
        fred_case(twin, "DGS10", "D", date(2020, 1, 1), (16.25, "2016-10-11")),
        world_bank_case(twin),
        aggs_case(twin),
        chart_case(twin),
        alpha_vantage_case(twin, "compact"),
        alpha_vantage_case(twin, "full"),
        alpha_vantage_case(twin, "full", indent=4),
        auctions_case(twin),
        finnhub_case(twin),
        newsapi_case(twin),
    ]
    for case in cases:
        rows = check_same(case)
        turns = [(timed(case.ours, case.body), timed(case.peer, case.body)) for _ in range(REPEATS)]
        ours, peer = (min(turn[n] for turn in turns) for n in (0, 1))
        line: dict[str, Any] = {"what": case.name, "rows": rows, "bytes": len(case.body)}
        line |= {"seconds": ours, "peer": peer, "ratio": ours / peer, "limit": LIMIT}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
