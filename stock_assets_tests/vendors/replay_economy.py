"""Recorded numbers of the economy, asked for by our own clients.

Belongs here: which question of ours a recorded answer of FRED, the World Bank or the Treasury
replies to, and how many rows of it are ours.
Does not belong here: other vendors (replay_*.py), the bench (replay.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from stock_assets.tables import (
    MACRO,
    MACRO_RELEASES,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
    Table,
)
from stock_assets.vendors.collected import Settled
from stock_assets.vendors.fred import FRED, Fred
from stock_assets.vendors.fred_observations import read_observations
from stock_assets.vendors.fred_releases import release_rows
from stock_assets.vendors.observations import MacroAnswer
from stock_assets.vendors.treasury import TREASURY, Treasury
from stock_assets.vendors.treasury_rows import auction_rows, debt_rows, rate_rows
from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank
from stock_assets.vendors.world_bank_rows import period_of
from stock_assets_tests.vendors.conftest import CANARY
from stock_assets_tests.vendors.fred_books import observations, series_facts, vintage_dates
from stock_assets_tests.vendors.replay import Bench, Kind, Outcome, day_in, days_in, outcome
from stock_assets_tests.vendors.stub import Reply, json_reply

_FRED = "api.stlouisfed.org"
_MONTHS = {"A": 12, "Q": 3, "M": 1}


def fred_observations(bench: Bench) -> Outcome:
    """A series, asked for on the day on which it was: with one vintage date, and some facts."""
    said = bench.recording
    first, last = _real_time(bench)
    series = _series(bench)
    facts = json_reply(series_facts(series, "D"))
    found = _fred(bench, series, last, json_reply(vintage_dates([first])), facts, bench.reply)
    keys = {(row.get("date"), row.get("realtime_start")) for row in said.rows("observations")}
    rows = found.rows.select(["period_start", "vintage_on"]).to_pylist()
    kept = {tuple(str(day) for day in row.values()) for row in rows}
    # What is no longer said is one row more, and no row of the body's.
    return outcome(
        bench.connection,
        len(keys | kept),
        (MACRO, found.rows),
        rejected=found.rejected,
    )


def fred_facts(bench: Bench) -> Outcome:
    """What is said about a series, with one observation that is not recorded."""
    day = day_in(bench.recording.said("seriess", 0, "realtime_start"), bench.recording.day)
    row = {"date": "2020-01-01", "value": "1.5"}
    row |= {"realtime_start": day.isoformat(), "realtime_end": day.isoformat()}
    replies = json_reply(vintage_dates([day])), json_reply(observations([row], day, day))
    found = _fred(bench, _series(bench), day, replies[0], bench.reply, replies[1])
    return _of_macro(bench, found, 1)


def fred_vintage_dates(bench: Bench) -> Outcome:
    """The vintages of a series, each with a value of its own that is not recorded."""
    said = bench.recording.said("vintage_dates")
    days = [day_in(day, date.max) for day in said or [] if isinstance(day, str)]
    days = sorted(set(days) - {date.max}) or [bench.recording.day]
    row = {"date": "1920-01-01", "realtime_end": "9999-12-31"}
    rows = [
        row | {"value": str(n), "realtime_start": day.isoformat()} for n, day in enumerate(days)
    ]
    observed = json_reply(observations(rows, days[0], days[-1]))
    facts = json_reply(series_facts(_series(bench), "D"))
    found = _fred(bench, _series(bench), days[-1], bench.reply, facts, observed)
    return _of_macro(bench, found, len(said) if isinstance(said, list) else 0)


def fred_release_dates(bench: Bench) -> Outcome:
    """Days of releases; of a first page out of many, what is on it."""
    answer = bench.fetched(FRED)
    said = bench.recording
    first, last = (
        day_in(said.query.get(name), default)
        for name, default in zip(
            ("realtime_start", "realtime_end"),
            days_in(said.rows("release_dates"), "date", said.day),
            strict=True,
        )
    )
    count, listed = said.said("count"), said.rows("release_dates")
    if isinstance(count, int) and count > len(listed) > 0 and answer.body == said.body:
        rows, rejected = release_rows(
            read_observations(answer.body)["release_dates"], first, last, None, said.now
        )
    else:
        with bench.transport(FRED) as transport:
            found = Fred(transport, CANARY, now=lambda: said.now).release_dates(first, last)
        rows, rejected = found.rows, found.rejected
    keys = {(row.get("release_id"), row.get("date")) for row in listed}
    return outcome(bench.connection, len(keys), (MACRO_RELEASES, rows), rejected=rejected)


def _fred(bench: Bench, series: str, day: date, *replies: Reply) -> MacroAnswer:
    """The series through the client on the evening of that day in St. Louis."""
    now = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    with bench.transport(FRED, *replies) as transport:
        return Fred(transport, CANARY, now=lambda: now).observations(series)


def _series(bench: Bench) -> str:
    named = bench.recording.query.get("series_id", "GDP")
    return named if re.fullmatch("[A-Z0-9_]+", named) else "GDP"


def _real_time(bench: Bench) -> tuple[date, date]:
    said, today = bench.recording, bench.recording.day
    first, last = (day_in(said.said(f"realtime_{end}"), today) for end in ("start", "end"))
    return first, last


def _of_macro(bench: Bench, found: MacroAnswer, held: int) -> Outcome:
    return outcome(
        bench.connection,
        held,
        (MACRO, found.rows),
        rejected=found.rejected,
        left_out=found.doubled,
    )


def world_bank_indicator(bench: Bench) -> Outcome:
    """An indicator of the countries that were asked for, in the years that came."""
    said = bench.recording
    parts = said.path.split("/")
    countries = [part.upper() for part in parts[3].split(";")] if len(parts) > 3 else ["USA"]
    countries = ["all"] if countries == ["ALL"] else countries
    indicator = parts[5] if len(parts) > 5 else "NY.GDP.MKTP.CD"
    rows = said.rows(1)
    periods = [period for row in rows if (period := period_of(row.get("date")))]
    years = [period[0].year for period in periods] or [2020]
    frequency = periods[0][1] if periods else "A"
    with bench.transport(WORLD_BANK) as transport:
        found = WorldBank(transport).observations(
            indicator, countries, min(years), max(years), frequency=frequency
        )
    return _of_macro(bench, found, len(rows))


def treasury_debt(bench: Bench) -> Outcome:
    """The debt by day."""
    return _treasury(bench, "record_date", TREASURY_DEBT, Treasury.debt, debt_rows)


def treasury_rates(bench: Bench) -> Outcome:
    """Average rates by month."""
    return _treasury(bench, "record_date", TREASURY_RATES, Treasury.rates, rate_rows)


def treasury_auctions(bench: Bench) -> Outcome:
    """Auctions."""
    return _treasury(bench, "auction_date", TREASURY_AUCTIONS, Treasury.auctions, auction_rows)


def _treasury(
    bench: Bench,
    day: str,
    table: Table,
    ask: Callable[..., Any],
    read: Callable[[list[Mapping[str, Any]], datetime], Settled],
) -> Outcome:
    """All that came; of one page out of many, what is on it."""
    said = bench.recording
    rows = said.rows("data")
    first, last = days_in(rows, day, said.day)
    pages = said.said("meta", "total-pages")
    answer = bench.fetched(TREASURY)
    if isinstance(pages, int) and pages > 1 and rows and answer.body == said.body:
        settled = read(list(rows), said.now)
    else:
        with bench.transport(TREASURY) as transport:
            found = ask(Treasury(transport, now=lambda: said.now), first, last)
        settled = Settled(found.rows, found.rejected, found.doubled)
    return outcome(
        bench.connection,
        len(rows),
        (table, settled.rows),
        rejected=settled.rejected,
        left_out=settled.doubled,
    )


_TREASURY = "api.fiscaldata.treasury.gov"
_DATASETS = "/services/api/fiscal_service/v[12]/accounting/od"
KINDS = (
    Kind(_FRED, "/fred/series/observations", fred_observations),
    Kind(_FRED, "/fred/series", fred_facts),
    Kind(_FRED, "/fred/series/vintagedates", fred_vintage_dates),
    Kind(_FRED, "/fred/releases/dates", fred_release_dates),
    Kind("api.worldbank.org", "/v2/country/[^/]+/indicator/[^/]+", world_bank_indicator),
    Kind(_TREASURY, f"{_DATASETS}/debt_to_penny", treasury_debt),
    Kind(_TREASURY, f"{_DATASETS}/avg_interest_rates", treasury_rates),
    Kind(_TREASURY, f"{_DATASETS}/auctions_query", treasury_auctions),
)
_FRED_ALSO = f"{_FRED} markets.newyorkfed.org"
OTHERS = (
    *(
        Kind(_FRED_ALSO, ".*", ask)
        for ask in (fred_observations, fred_facts, fred_vintage_dates, fred_release_dates)
    ),
    Kind("api.worldbank.org", ".*", world_bank_indicator),
    *(Kind(_TREASURY, ".*", ask) for ask in (treasury_debt, treasury_rates, treasury_auctions)),
)
"""All that the same vendor is asked for, and FRED in the place of its sister in New York."""
