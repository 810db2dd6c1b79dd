from __future__ import annotations

from datetime import date, time

import numpy as np
import pytest

from stock_assets.sandbox.truth import releases
from stock_assets.sandbox.truth.business_days import is_working, next_working
from stock_assets.sandbox.truth.releases import RELEASES, issues

LAST = date(2028, 12, 29)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-11-11", False),
        ("2025-10-13", False),
        ("2025-11-27", False),
        ("2021-07-05", False),
        ("2026-07-03", False),
        ("2020-06-19", True),
        ("2024-06-19", False),
        ("2025-04-18", True),
        ("2025-11-28", True),
    ],
)
def test_offices_close_on_federal_holidays_not_on_those_of_the_exchange(
    day: str, works: bool
) -> None:
    assert bool(is_working(np.array([day], "datetime64[D]"))[0]) is works


def test_after_a_long_weekend_work_begins_on_tuesday() -> None:
    friday = np.array(["2025-08-29"], "datetime64[D]")
    assert str(next_working(friday)[0]) == "2025-09-02"


@pytest.mark.parametrize(
    ("release", "of_2026"),
    [
        (releases.JOBS, "01-09 02-06 03-06 04-03 05-01 06-05 07-02 08-07 09-04 10-02 11-06 12-04"),
        (releases.CPI, "01-12 02-11 03-11 04-13 05-11 06-11 07-13 08-11 09-11 10-13 11-12 12-11"),
        (releases.GDP, "01-29 02-26 03-26 04-30 05-28 06-25 07-30 08-27 09-24 10-29 11-25 12-17"),
    ],
)
def test_a_years_issues_are_where_statisticians_put_them(release: int, of_2026: str) -> None:
    days = issues(release, LAST).days.astype(str).tolist()
    assert [day[5:] for day in days if day.startswith("2026")] == of_2026.split()


def test_every_issue_is_on_a_working_day_and_later_than_the_one_before() -> None:
    for release in RELEASES:
        days = issues(release, LAST).days
        assert (np.diff(days) > np.timedelta64(0)).all()
        if release != releases.FOMC:
            assert is_working(days).all()


def test_the_month_that_nobody_measured_has_no_issue_of_prices_and_jobs() -> None:
    for release in RELEASES:
        out = issues(release, LAST)
        missing = [str(day)[:7] for day in out.days[~out.held]]
        assert missing == (["2025-11"] if release in releases.CANCELLED else [])


def test_clocks_are_those_of_new_york() -> None:
    clocks = {RELEASES[r].at for r in (releases.CPI, releases.JOBS, releases.GDP, releases.CLAIMS)}
    assert clocks == {time(8, 30)}
    assert RELEASES[releases.PRODUCTION].at == time(9, 15)
    assert RELEASES[releases.RATES].at == time(16, 15)


def test_a_longer_horizon_begins_like_a_shorter_one() -> None:
    for release in RELEASES:
        short, long = issues(release, date(2020, 5, 7)).days, issues(release, LAST).days
        assert np.array_equal(short, long[: len(short)])
        assert str(short[-1]) <= "2020-05-07"
