"""Names of listings as the press writes them."""

from __future__ import annotations

import pytest

from stock_assets.vendors.press_names import press_name


@pytest.mark.parametrize(
    ("listed", "written"),
    [
        ("Apple Inc. Common Stock", "Apple"),
        ("Meta Platforms, Inc. Class A Common Stock", "Meta Platforms"),
        ("Alphabet Inc. Class C Capital Stock", "Alphabet"),
        ("The Coca-Cola Company", "Coca-Cola"),
        ("Walt Disney Company (The)", "Walt Disney"),
        ("Eli Lilly & Co.", "Eli Lilly"),
        ("JPMorgan Chase & Co.", "JPMorgan Chase"),
        ("Linde plc Ordinary Shares", "Linde"),
        ("Shell plc American Depositary Shares (each representing two)", "Shell"),
        ("Berkshire  Hathaway Inc. Class B", "Berkshire Hathaway"),
        ("Moody's Corporation", "Moody's"),
        ("The Goldman Sachs Group, Inc.", "Goldman Sachs"),
        ("CVS Health Corporation", "CVS Health"),
        ("Group 1 Automotive", "Group 1 Automotive"),
        ("American Tower", "American Tower"),
    ],
)
def test_the_legal_form_and_the_class_of_shares_are_no_part_of_a_name(
    listed: str, written: str
) -> None:
    assert press_name(listed) == written


@pytest.mark.parametrize("listed", ["Company", "Inc.", "Class A", "", "The Inc."])
def test_a_name_of_nothing_but_such_words_does_not_vanish(listed: str) -> None:
    assert bool(press_name(listed)) == bool(listed)


def test_a_name_stays_as_it_is_when_it_is_cut_twice() -> None:
    once = press_name("Oracle Corporation Common Stock")
    assert press_name(once) == once == "Oracle"
