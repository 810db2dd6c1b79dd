from __future__ import annotations

import pytest

from stock_assets.sandbox.newsapi_query import Unreadable, finder, read_query

TEXT = "apple sees good demand in chips; microsoft and johnson & johnson in the same business"


def _answers(query: str, text: str = TEXT) -> bool:
    return read_query(query).matches(lambda word: finder(word).search(text) is not None)


@pytest.mark.parametrize(
    "query",
    [
        "apple",
        "APPLE",
        "apple microsoft",
        "apple AND microsoft",
        "oracle OR apple",
        '"good demand"',
        '"johnson & johnson"',
        "apple AND NOT oracle",
        "apple -oracle",
        "+apple",
        '+"good demand" -oracle',
        "(oracle OR apple) AND (chips OR cars)",
        "NOT (oracle OR cisco)",
        "apple OR oracle AND cisco",
    ],
)
def test_a_text_answers(query: str) -> None:
    assert _answers(query)


@pytest.mark.parametrize(
    "query",
    [
        "oracle",
        "app",
        "pple",
        '"demand good"',
        "apple oracle",
        "apple AND NOT microsoft",
        "-apple",
        "(apple OR oracle) AND cisco",
        "NOT (oracle OR apple)",
        "T",
    ],
)
def test_a_text_does_not_answer(query: str) -> None:
    assert not _answers(query)


@pytest.mark.parametrize(
    "query", ["", "   ", '"apple', "(apple", "apple)", "apple OR", "AND", "()", '""', "NOT", "+"]
)
def test_a_query_without_sense_is_unreadable(query: str) -> None:
    with pytest.raises(Unreadable):
        read_query(query)


def test_a_query_of_a_thousand_brackets_is_refused_rather_than_followed() -> None:
    with pytest.raises(Unreadable):
        read_query("(" * 240 + "a" + ")" * 240)


def test_a_text_that_cannot_hold_the_words_is_ruled_out_and_no_other() -> None:
    def may_have(word: str) -> bool:
        return word in ("apple", "chips")

    assert read_query("apple AND NOT oracle").may_match(may_have)
    assert read_query("oracle OR chips").may_match(may_have)
    assert read_query("-oracle").may_match(may_have)
    assert not read_query("oracle").may_match(may_have)
    assert not read_query("apple AND oracle").may_match(may_have)


def test_the_words_of_a_query_are_those_that_an_answer_may_hold() -> None:
    assert read_query("(apple OR oracle) AND NOT cisco").words() == ("apple", "oracle")
