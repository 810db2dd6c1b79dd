from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stock_assets.sandbox.truth.economy import Economy, economy
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.sandbox.truth.releases import RELEASES
from stock_assets.sandbox.truth.series import SERIES
from stock_assets.sandbox.truth.vintages import Vintages

LAST = date(2026, 12, 31)
ASKED_FOR = """
UNRATE CPIAUCSL GDP GDPC1 A191RL1Q225SBEA FEDFUNDS DFF DFEDTARU DFEDTARL DGS10 DGS2 T10Y2Y PAYEMS
ICSA INDPRO PCEPI RSAFS UMCSENT MORTGAGE30US
"""
NEVER_REVISED = (
    "FEDFUNDS", "DFF", "DFEDTARU", "DFEDTARL", "DGS10", "DGS2", "T10Y2Y", "UMCSENT",
    "MORTGAGE30US", "CPIAUCNS",
)  # fmt: skip


@pytest.fixture(scope="module")
def published() -> Economy:
    return Economy(11, LAST)


def _of(found: Vintages, period: str) -> list[tuple[str, float]]:
    """(day, value) of every vintage of a period."""
    mine = found.periods == np.datetime64(period)
    return list(
        zip(found.days[mine].astype(str).tolist(), found.values[mine].tolist(), strict=True)
    )


def test_every_series_has_a_history_a_release_and_nothing_after_the_horizon(
    published: Economy,
) -> None:
    assert set(ASKED_FOR.split()) <= set(SERIES)
    for name, series in SERIES.items():
        found = published.series(name)
        assert series.release in RELEASES
        assert found.periods[0] <= np.datetime64("2008-12-16")
        assert found.days.max() <= np.datetime64(LAST)
        assert (found.days >= found.periods).all(), f"{name} is published before its period begins"
        assert np.isfinite(found.values).sum() > 0.9 * len(found)


def test_gdp_is_estimated_three_times_and_then_revised_each_september(published: Economy) -> None:
    found = _of(published.series("GDP"), "2018-04-01")
    assert [day[:7] for day, _ in found] == [
        "2018-07", "2018-08", "2018-09", "2019-09", "2020-09", "2021-09", "2022-09", "2023-09",
    ]  # fmt: skip
    values = [value for _, value in found]
    assert max(values) / min(values) < 1.02


def test_payrolls_are_revised_twice_and_then_by_five_benchmarks_in_february(
    published: Economy,
) -> None:
    found = _of(published.series("PAYEMS"), "2018-04-01")
    assert [day[:7] for day, _ in found] == [
        "2018-05", "2018-06", "2018-07", "2019-02", "2020-02", "2021-02", "2022-02", "2023-02",
    ]  # fmt: skip
    assert all(value == round(value) for _, value in found)


def test_prices_get_new_seasonal_factors_for_five_years(published: Economy) -> None:
    days = [day for day, _ in _of(published.series("CPIAUCSL"), "2018-04-01")]
    assert [day[:7] for day in days] == [
        "2018-05", "2019-02", "2020-02", "2021-02", "2022-02", "2023-02",
    ]  # fmt: skip


def test_the_unemployment_rate_is_revised_a_little_each_january(published: Economy) -> None:
    found = published.series("UNRATE")
    revised = found.days[np.append(False, found.periods[1:] == found.periods[:-1])]
    months = revised.astype("datetime64[M]").astype(int) % 12 + 1
    assert set(months.tolist()) == {1}
    first, last = found.first(), found.newest()
    differences = np.abs(first.values - last.values)
    assert 0.0 < np.nanmean(differences) < 0.1
    assert np.nanmax(differences) < 0.5


@pytest.mark.parametrize("name", NEVER_REVISED)
def test_rates_and_raw_figures_are_never_revised(published: Economy, name: str) -> None:
    found = published.series(name)
    assert len(np.unique(found.periods)) == len(found)


@pytest.mark.parametrize("name", ["DFF", "DGS10", "T10Y2Y", "DFEDTARU"])
def test_a_daily_series_has_more_vintages_than_fred_answers_for(
    published: Economy, name: str
) -> None:
    assert len(published.series(name).vintage_days) > 4_000


def test_one_month_was_never_measured(published: Economy) -> None:
    for name in ("UNRATE", "CPIAUCSL", "CPIAUCNS"):
        found = _of(published.series(name), "2025-10-01")
        assert [day[:7] for day, _ in found] == ["2025-12"]
        assert np.isnan(found[0][1])
        assert np.isnan(published.series(name).newest().values).sum() == 1
    jobs = _of(published.series("PAYEMS"), "2025-10-01")
    assert jobs[0][0][:7] == "2025-12"
    assert np.isfinite(jobs[0][1])


def test_a_growth_rate_is_that_of_the_levels_of_its_own_vintage(published: Economy) -> None:
    levels, rates = published.series("GDPC1"), published.series("A191RL1Q225SBEA")
    for day in ("2005-07-28", "2018-09-27", "2024-02-29"):
        then, rate = levels.as_of(np.datetime64(day)), rates.as_of(np.datetime64(day))
        expected = np.round(((then.values[1:] / then.values[:-1]) ** 4 - 1) * 100, 1)
        assert np.array_equal(rate.periods, then.periods[1:])
        assert np.array_equal(rate.values, expected)


def test_the_spread_is_the_difference_of_the_yields_and_missing_on_holidays(
    published: Economy,
) -> None:
    long, short, spread = (published.series(n).newest() for n in ("DGS10", "DGS2", "T10Y2Y"))
    same = np.isin(long.periods, spread.periods)
    expected = np.round(long.values - short.values, 2)[same]
    assert np.array_equal(spread.values, expected, equal_nan=True)
    holiday = spread.values[spread.periods == np.datetime64("2025-11-11")]
    assert np.isnan(holiday).all()
    assert len(holiday) == 1


def test_the_target_range_is_what_the_committee_decided_from_the_day_after_on(
    published: Economy,
) -> None:
    upper = published.series("DFEDTARU").newest()
    value = dict(zip(upper.periods.tolist(), upper.values.tolist(), strict=True))
    moved = [m for m in meetings(11, date(2009, 1, 1), date(2026, 11, 1)) if m.change]
    assert moved
    for meeting in moved:
        day = meeting.decided_on
        assert value[day] == meeting.previous_upper
        assert value[date.fromordinal(day.toordinal() + 1)] == meeting.upper


def test_the_overnight_rate_lies_inside_the_range_and_its_month_is_their_mean(
    published: Economy,
) -> None:
    daily, monthly = published.series("DFF").newest(), published.series("FEDFUNDS").newest()
    upper = published.series("DFEDTARU").newest()
    day = np.isin(daily.periods, upper.periods)
    within = upper.values[np.isin(upper.periods, daily.periods)] - daily.values[day]
    weekday = np.is_busday(daily.periods[day])
    assert ((within >= 0) & (within <= 0.25))[weekday].mean() > 0.99
    of_march = daily.values[daily.periods.astype("datetime64[M]") == np.datetime64("2024-03")]
    march = monthly.values[monthly.periods == np.datetime64("2024-03-01")]
    assert march == pytest.approx([of_march.mean()], abs=0.006)


def test_daily_rates_are_published_on_the_next_working_day(published: Economy) -> None:
    found = published.series("DGS10")
    day = dict(zip(found.periods.tolist(), found.days.tolist(), strict=True))
    assert day[date(2025, 8, 29)] == date(2025, 9, 2)
    assert day[date(2025, 3, 12)] == date(2025, 3, 13)


def test_levels_are_those_of_a_country_like_america(published: Economy) -> None:
    bounds = {
        "UNRATE": (2.5, 12), "CPIAUCSL": (120, 600), "GDP": (5_000, 60_000), "DGS10": (0, 15),
        "ICSA": (140_000, 1_500_000), "PAYEMS": (90_000, 220_000), "UMCSENT": (40, 120),
        "MORTGAGE30US": (1, 18), "INDPRO": (40, 250), "RSAFS": (100_000, 2_000_000),
        "A191RL1Q225SBEA": (-25, 25),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        values = published.series(name).values
        assert low < np.nanmin(values), name
        assert np.nanmax(values) < high, name


def test_equal_seeds_give_equal_values_whatever_the_horizon(published: Economy) -> None:
    short = Economy(11, date(2019, 6, 30))
    for name in SERIES:
        early, whole = short.series(name), published.series(name)
        known = whole.where(whole.days <= np.datetime64("2019-06-30"))
        assert np.array_equal(early.periods, known.periods), name
        assert np.array_equal(early.days, known.days), name
        assert np.array_equal(early.values, known.values, equal_nan=True), name
    other = Economy(12, LAST).series("GDP")
    assert not np.array_equal(other.values[:50], published.series("GDP").values[:50])


def test_the_economy_of_a_seed_is_built_once() -> None:
    assert economy(3) is economy(3)
    assert economy(3).last >= date(2027, 1, 1)
    with pytest.raises(KeyError):
        economy(3).series("NOSUCH")
