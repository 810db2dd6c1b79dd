from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from stock_assets.sandbox.truth.countries import COUNTRIES, INDICATORS
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.world import figures, updates

JULY, OCTOBER = date(2026, 7, 13), date(2026, 10, 12)


def test_there_are_four_updates_a_year_on_second_mondays_at_noon() -> None:
    assert updates(datetime(2026, 12, 31, tzinfo=UTC))[-4:] == (
        date(2026, 1, 12), date(2026, 4, 13), JULY, OCTOBER,
    )  # fmt: skip
    noon = datetime(2026, 7, 13, 16, tzinfo=UTC)
    assert updates(noon)[-1] == JULY
    assert updates(noon - timedelta(seconds=1))[-1] == date(2026, 4, 13)


def test_a_dozen_countries_and_some_aggregates_are_told_apart() -> None:
    assert sum(not country.is_aggregate for country in COUNTRIES.values()) >= 12
    assert {c.iso2 for c in COUNTRIES.values() if c.is_aggregate} == {"XC", "EU", "1W"}
    assert [c.name for c in COUNTRIES.values()] == sorted(c.name for c in COUNTRIES.values())
    wanted = "NY.GDP.MKTP.CD NY.GDP.MKTP.KD.ZG FP.CPI.TOTL.ZG SL.UEM.TOTL.ZS FR.INR.LEND"
    assert set(wanted.split()) <= set(INDICATORS)


def test_a_year_comes_in_july_and_is_revised_for_two_years() -> None:
    of_update = {
        day: figures(11, "MEX", day)["gdp"] for day in updates(datetime(2028, 1, 1, tzinfo=UTC))
    }
    told = {day: values[2024] for day, values in of_update.items() if 2024 in values}
    assert [day for day, value in told.items() if value is None] == [
        date(2025, 1, 13), date(2025, 4, 14),
    ]  # fmt: skip
    numbers = [value for value in told.values() if value is not None]
    assert len(set(numbers)) == 8
    assert numbers[7:] == [numbers[7]] * len(numbers[7:])
    assert max(numbers) / min(numbers) < 1.1


def test_what_nobody_reports_is_missing() -> None:
    assert set(figures(11, "DEU", JULY)["lending"].values()) == {None}
    assert figures(11, "BRA", JULY)["lending"][2024] is not None


def test_the_united_states_are_those_of_the_other_vendors() -> None:
    gdp = economy(11).series("GDP").as_of(JULY)
    of_year = gdp.values[gdp.periods.astype("datetime64[Y]") == np.datetime64("2025")]
    told = figures(11, "USA", JULY)["gdp"][2025]
    assert told == pytest.approx(of_year.mean() * 1e9)
    people = figures(11, "USA", JULY)["people"][2025]
    per_person = figures(11, "USA", JULY)["per_person"][2025]
    assert told is not None
    assert people is not None
    assert per_person == pytest.approx(told / people)


def test_equal_seeds_give_equal_figures() -> None:
    figures.cache_clear()
    once = figures(4, "IND", JULY)
    figures.cache_clear()
    assert figures(4, "IND", JULY) == once
    assert figures(5, "IND", JULY) != once
