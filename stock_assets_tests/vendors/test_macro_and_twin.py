"""FRED, the World Bank and Alpha Vantage against the twin, and the twin's truth.

What comes through the clients must be what the twin's economy published, value by value; and no
value may count as known before the instant at which the twin published it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import AuthError, NotFound
from stock_assets.ingest.vintages import as_of
from stock_assets.market import NEW_YORK
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.series import SERIES
from stock_assets.sandbox.truth.vintages import Vintages
from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE
from stock_assets.vendors.alpha_vantage_macro import FUNCTIONS, AlphaVantageMacro
from stock_assets.vendors.fred import FRED, Fred
from stock_assets.vendors.release_clock import clock_of_series
from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank
from stock_assets_tests.vendors.conftest import NOW, Workshop

Said = list[tuple[date, date, float | None]]


@pytest.fixture
def fred(workshop: Workshop, twin: RunningTwin) -> Fred:
    transport = workshop.transport(twin.url, FRED, key=FRED_UNLIMITED_KEY)
    return Fred(transport, FRED_UNLIMITED_KEY, now=lambda: NOW)


def published(twin: RunningTwin, series: str, now: datetime = NOW) -> Vintages:
    return economy(twin.twin.truth.seed).series(series).known(now)


def rounded(series: str, value: float | None) -> float | None:
    if value is None or value != value:
        return None
    return round(value, SERIES[series].decimals)


def said_by_truth(series: str, known: Vintages) -> Said:
    values = [rounded(series, value) for value in known.values.tolist()]
    return list(zip(known.periods.tolist(), known.days.tolist(), values, strict=True))


def said(rows: pa.Table) -> Said:
    columns = (rows["period_start"], rows["vintage_on"], rows["value"])
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


@pytest.mark.parametrize("series", ["UNRATE", "GDP", "CPIAUCSL", "ICSA", "DFEDTARU", "DGS10"])
def test_every_vintage_of_a_series_is_the_one_that_was_published(
    fred: Fred, twin: RunningTwin, series: str
) -> None:
    answer = fred.observations(series)
    known = published(twin, series)
    windows = -(-len(known.vintage_days) // 2000)
    assert said(answer.rows) == said_by_truth(series, known)
    assert (answer.rejected, answer.doubled) == (None, 0)
    assert len(answer.answers) == 2 + windows
    assert windows == (5 if series == "DGS10" else windows)


@pytest.mark.parametrize("series", sorted(SERIES))
def test_d19_nothing_is_known_before_it_was_published(
    fred: Fred, twin: RunningTwin, series: str
) -> None:
    rows = fred.observations(series, after=date(2024, 12, 31)).rows
    known = published(twin, series)
    late = known.where(known.days > np.datetime64("2024-12-31"))
    ours = rows["known_at"].combine_chunks().cast(pa.int64()).to_numpy()
    theirs = late.published.astype(np.int64)
    assert len(ours) == len(theirs) > 0
    assert (ours >= theirs).all()
    at = clock_of_series(series)
    if at is not None and at.at not in (time(14), time(18)):
        assert (ours == theirs).all()


def test_d18_what_was_known_is_the_same_whenever_it_is_asked(
    workshop: Workshop, twin: RunningTwin, fred: Fred
) -> None:
    whole = fred.observations("GDP").rows
    for day in (date(1995, 3, 1), date(2008, 10, 30), date(2020, 7, 30), date(2025, 1, 31)):
        evening = datetime.combine(day, time(23), NEW_YORK).astimezone(UTC)
        then = Fred(
            workshop.transport(twin.url, FRED, key=FRED_UNLIMITED_KEY),
            FRED_UNLIMITED_KEY,
            now=lambda at=evening: at,  # type: ignore[misc]
        )
        answer = as_of(whole, evening)
        assert as_of(then.observations("GDP").rows, evening).equals(answer)
        known = published(twin, "GDP", evening).newest()
        values = [rounded("GDP", value) for value in known.values.tolist()]
        assert answer["value"].to_pylist() == values


def test_the_calendar_of_releases_reaches_into_the_future(fred: Fred, twin: RunningTwin) -> None:
    rows = fred.release_dates(date(2026, 10, 1), date(2027, 1, 31), releases=[10, 50]).rows
    issues = economy(twin.twin.truth.seed).issues(10)
    days = [day for day in issues.days.tolist() if date(2026, 10, 1) <= day <= date(2027, 1, 31)]
    prices = rows.filter(pc.equal(rows["release"], "10"))
    assert prices["released_on"].to_pylist() == days
    assert set(prices["name"].to_pylist()) == {"Consumer Price Index"}
    known = prices["known_at"].to_pylist()
    assert max(known) == NOW
    assert min(known) < NOW - timedelta(days=30)


def test_unknown_series_and_keys_are_told_apart(
    workshop: Workshop, twin: RunningTwin, fred: Fred
) -> None:
    with pytest.raises(NotFound, match="NOSUCHSERIES"):
        fred.observations("NOSUCHSERIES")
    for key in ("0" * 32, "short"):
        with pytest.raises(AuthError, match="FRED_API_KEY"):
            Fred(workshop.transport(twin.url, FRED, key=key), key).observations("GDP")


def test_the_world_bank_says_what_the_twin_knows(workshop: Workshop, twin: RunningTwin) -> None:
    client = WorldBank(workshop.transport(twin.url, WORLD_BANK, key=None), rows_per_page=7)
    answer = client.observations("NY.GDP.MKTP.CD", ["USA", "CHN", "IND"], 2015, 2025)
    assert answer.rejected is None
    assert len(answer.answers) == -(-answer.rows.num_rows // 7)
    assert set(answer.rows["country"].to_pylist()) == {"USA", "CHN", "IND"}
    (updated,) = set(answer.rows["vintage_on"].to_pylist())
    assert updated <= NOW.date()
    assert max(answer.rows["known_at"].to_pylist()) <= NOW
    whole = WorldBank(workshop.transport(twin.url, WORLD_BANK, key=None))
    again = whole.observations("NY.GDP.MKTP.CD", ["USA", "CHN", "IND"], 2015, 2025)
    assert again.rows.equals(answer.rows)
    with pytest.raises(NotFound):
        client.observations("NY.GDP.MKTP.CD", ["USA", "ZZZ"], 2015, 2025)
    with pytest.raises(NotFound):
        client.observations("NO.SUCH.INDICATOR", ["USA"], 2015, 2025)
    assert client.observations("NY.GDP.MKTP.CD", ["USA"], 1950, 1960).rows.num_rows == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_alpha_vantages_economy_is_todays_revision(
    workshop: Workshop, twin: RunningTwin, function: str
) -> None:
    answer = _alpha_vantage(workshop, twin, UNLIMITED_KEY).observations(function)
    assert answer.rejected is None
    assert answer.rows.num_rows > 20
    assert set(answer.rows["known_at"].to_pylist()) == {NOW}
    assert set(answer.rows["vintage_on"].to_pylist()) == {NOW.astimezone(NEW_YORK).date()}
    if function == "UNEMPLOYMENT":
        known = published(twin, "UNRATE").newest()
        values = [rounded("UNRATE", value) for value in known.values.tolist()]
        assert answer.rows["value"].to_pylist() == values


def test_a_key_that_alpha_vantage_refuses_is_told(workshop: Workshop, twin: RunningTwin) -> None:
    for key in ("demo", "nobody"):
        with pytest.raises(AuthError, match="ALPHA_VANTAGE_API_KEY"):
            _alpha_vantage(workshop, twin, key).observations("CPI")


def _alpha_vantage(workshop: Workshop, twin: RunningTwin, key: str) -> AlphaVantageMacro:
    transport = workshop.transport(twin.url, ALPHA_VANTAGE, key=key)
    return AlphaVantageMacro(transport, key, now=lambda: NOW)
