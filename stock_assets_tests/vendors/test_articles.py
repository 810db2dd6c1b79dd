"""Articles of any vendor: what is believed, addresses, texts, one id per story."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.market import NEW_YORK
from stock_assets.tables import NEWS
from stock_assets.vendors.article_texts import (
    canonical_url,
    clean,
    normalised_title,
    story_id,
)
from stock_assets.vendors.articles import (
    HEADLINE_AT_MOST,
    Draft,
    accept,
    instant,
    instant_of_seconds,
)

DAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 19, 20, tzinfo=UTC)
AT = datetime(2026, 11, 19, 15, tzinfo=UTC)


def draft(**changes: Any) -> Draft:
    given: dict[str, Any] = {
        "article_id": "a1",
        "published_at": AT,
        "headline": "Apple beats expectations",
        "summary": "Good figures.",
        "source": "Reuters",
        "url": "https://Example.com/a?utm_source=x&id=7#top",
        "said": {"title": "as it came"},
    }
    return Draft(**(given | changes))


def accepted(*drafts: Draft) -> tuple[list[dict[str, Any]], dict[str, int], int]:
    rows, rejected, doubled = accept("acme", "AAPL", drafts, DAY, DAY, NOW)
    assert rows.schema == NEWS.row_schema
    rules: dict[str, int] = {}
    for rule in rejected["rule"].to_pylist() if rejected is not None else ():
        rules[rule] = rules.get(rule, 0) + 1
    return rows.to_pylist(), rules, doubled


def test_an_article_is_known_from_its_publication() -> None:
    rows, rules, doubled = accepted(draft())
    assert (rules, doubled) == ({}, 0)
    assert rows[0] | {"story_id": ""} == {
        "vendor": "acme",
        "article_id": "a1",
        "symbol": "AAPL",
        "published_at": AT,
        "headline": "Apple beats expectations",
        "summary": "Good figures.",
        "source": "Reuters",
        "url": "https://example.com/a?id=7",
        "story_id": "",
        "known_at": AT,
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"published_at": NOW + timedelta(seconds=1)}, "published_in_the_past"),
        ({"published_at": None}, "published_at_readable"),
        ({"published_at": AT - timedelta(days=3)}, "published_when_asked_for"),
        ({"headline": None}, "headline_present"),
        ({"headline": " \u200b\x07 "}, "headline_present"),
        ({"headline": 7}, "headline_present"),
        ({"article_id": None, "url": None}, "article_id_present"),
        ({"article_id": None, "url": "javascript:alert(1)"}, "article_id_present"),
        ({"summary": {"text": "x"}}, "summary_is_text"),
        ({"source": 3}, "source_is_text"),
        ({"url": ["https://example.com"]}, "url_is_text"),
        ({"is_about": False}, "about_the_company"),
    ],
)
def test_what_is_wrong_with_one_article_puts_it_aside_alone(
    changes: dict[str, Any], rule: str
) -> None:
    rows, rules, _ = accepted(draft(**{"article_id": "bad", **changes}), draft())
    assert rules == {rule: 1}
    assert [row["article_id"] for row in rows] == ["a1"]


@pytest.mark.parametrize("doubled", [False, True])
def test_an_article_that_a_vendor_shows_late_is_known_from_then_on(doubled: bool) -> None:
    late, drafts = timedelta(hours=24), [draft(), draft(article_id="a2")]
    rows, rejected, _ = accept(
        "acme", "AAPL", drafts + drafts[:1] * doubled, DAY, DAY, NOW, delay=late
    )
    assert rejected is None
    assert rows.schema == NEWS.row_schema
    assert rows["published_at"].to_pylist() == [AT, AT]
    assert rows["known_at"].to_pylist() == [AT + late, AT + late]
    assert rows["story_id"].to_pylist() == [accepted(draft())[0][0]["story_id"]] * 2


def test_what_the_vendor_said_of_a_rejected_article_is_kept() -> None:
    _, rejected, _ = accept("acme", "AAPL", [draft(headline=None)], DAY, DAY, NOW)
    assert rejected is not None
    row = rejected.to_pylist()[0]
    assert (row["target"], row["said"]) == ("news", '{"title":"as it came"}')
    assert row["article_id"] == "a1"


def test_d24_the_same_article_twice_is_one_and_contradictions_are_none() -> None:
    rows, rules, doubled = accepted(draft(), draft(), draft(url="https://example.com/a?id=7&ref=b"))
    assert (len(rows), rules, doubled) == (1, {}, 2)
    rows, rules, doubled = accepted(draft(), draft(headline="Another"), draft(article_id="a2"))
    assert ([row["article_id"] for row in rows], rules) == (["a2"], {"one_row_per_key": 2})


def test_articles_come_in_the_order_of_their_publication_and_id() -> None:
    drafts = [
        draft(article_id=name, published_at=AT - timedelta(hours=hours))
        for name, hours in (("b", 0), ("c", 2), ("a", 0), ("d", 1))
    ]
    once, _, _ = accepted(*drafts)
    twice, _, doubled = accepted(*drafts, *drafts)
    assert [row["article_id"] for row in once] == ["c", "d", "a", "b"]
    assert (twice, doubled) == (once, len(drafts))


def test_an_article_without_an_id_is_known_by_its_address_without_tracking() -> None:
    url = "https://example.com/a?id=7"
    rows, _, doubled = accepted(
        draft(article_id=None, url=url), draft(article_id=None, url=f"{url}&gclid=1")
    )
    assert (len(rows), doubled) == (1, 1)
    assert len(rows[0]["article_id"]) == 32


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (
            "HTTPS://WWW.Example.COM/Path?b=2&utm_medium=m&a=1",
            "https://www.example.com/Path?b=2&a=1",
        ),
        ("https://example.com?ref=tw&REF_SRC=x&fbclid=1", "https://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:8080/a#part", "http://example.com:8080/a"),
        (
            "https://example.com/a?refinance=1&utmost=2",
            "https://example.com/a?refinance=1&utmost=2",
        ),
        (
            f"https://example.com/a?utm_{'x' * 40}=1&guce_referrer_sig_more=2&guce_referrer_sig=3",
            "https://example.com/a?guce_referrer_sig_more=2",
        ),
        ("https://finnhub.io/api/news?id=abc", "https://finnhub.io/api/news?id=abc"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.com/a", None),
        ("https://user:pass@example.com/a", None),
        ("https://exam ple.com/a", None),
        ("https://example.com/a\x00b", None),
        ("https://example.com:bad/a", None),
        ("https://[::1/a", None),
        ("https://example.com/" + "a" * 3_000, None),
        (None, None),
        (7, None),
    ],
)
def test_an_address_is_plain_or_missing(url: object, canonical: str | None) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/?{text}"):
        once = canonical_url(url)
        assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Stocks Slide as Investors Reassess Fed Comments - The Wall Street Journal",
            "Stocks slide as investors reassess Fed comments",
        ),
        ("Apple&#39;s profit beats the estimates", "Apple\u2019s  Profit Beats the Estimates!"),
        (
            "There\u2019s a big hole in the Fed\u2019s theory",
            "Theres a big hole in the Feds theory",
        ),
        ("U.S. stocks rise on jobs | Reuters", "US stocks rise on jobs"),
    ],
)
def test_d24_a_story_has_one_id_at_all_vendors(one: str, other: str) -> None:
    assert story_id(one, AT) == story_id(other, AT + timedelta(hours=3))
    assert story_id(one, AT) != story_id(one, AT + timedelta(days=1))


def test_stories_with_other_words_have_other_ids() -> None:
    titles = ["Apple rises", "Apple falls", "Apple", "!!!", "???", "Apple - Buy now"]
    assert len({story_id(title, AT) for title in titles}) == len(titles)
    assert normalised_title("Apple - Buy now") == "apple buy now"


PLAIN = "".join(chr(c) for c in range(32, 127))


@given(st.text(alphabet=PLAIN, max_size=40))
def test_a_plain_title_is_cut_into_the_same_words_as_one_that_is_not(title: str) -> None:
    # The wide letter becomes the plain one, but is looked at more closely.
    assert normalised_title(f"{title} x") == normalised_title(f"{title} \uff58")


@given(st.text(alphabet=PLAIN + "\u00e4\u2003\u200b\n", max_size=40))
def test_a_text_is_the_same_line_whether_it_needs_cleaning_or_not(text: str) -> None:
    assert clean(text, 100) == clean(f"\x07{text}", 100)


PARTS = st.text(alphabet="abZ09.-_~%=&?;/+@:", max_size=12)


@given(st.sampled_from(["http", "https"]), PARTS, PARTS, PARTS)
def test_a_plain_address_is_the_same_as_one_that_must_be_taken_apart(
    scheme: str, host: str, path: str, query: str
) -> None:
    url = f"{scheme}://{host}example.com/{path}?ref=1&{query}"
    assert canonical_url(url) == canonical_url(f"{url}#top") == canonical_url(f" {url}")


@pytest.mark.parametrize("hour", [0, 3, 4, 5, 12, 23])
@pytest.mark.parametrize("day", [date(2026, 1, 15), date(2026, 7, 15), date(2026, 11, 1)])
def test_a_story_has_one_id_in_whatever_zone_its_hour_is_told(day: date, hour: int) -> None:
    at = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    assert story_id("Apple rises", at) == story_id("Apple rises", at.astimezone(NEW_YORK))
    assert story_id("Apple rises", at) == story_id(
        "Apple rises", datetime.combine(at.astimezone(NEW_YORK), time(12), NEW_YORK)
    )


def test_the_day_of_a_story_is_new_yorks() -> None:
    before, after = (datetime(2026, 11, 19, 23, 59, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    assert story_id("Apple rises", before) == story_id("Apple rises", after)


def test_s07_s09_texts_are_one_line_without_control_characters() -> None:
    assert clean("  a\n\tb\x1b[31m\u202ec\u2028d\ud800  ", 50) == "a b [31m c d"
    assert len(clean("x" * 9_000, HEADLINE_AT_MOST)) == HEADLINE_AT_MOST
    rows, _, _ = accepted(draft(headline="A\n2026-11-19 ERROR fake log line"))
    assert rows[0]["headline"] == "A 2026-11-19 ERROR fake log line"


def test_instants_need_an_offset_and_seconds_a_sane_year() -> None:
    assert instant("2026-11-19T10:00:00-05:00") == AT
    assert instant("2026-11-19T15:00:00Z") == AT
    assert [instant(x) for x in ("2026-11-19T15:00:00", "19 November", None, 7)] == [None] * 4
    assert instant_of_seconds(AT.timestamp()) == AT
    wrong = (0, -1, AT.timestamp() * 1000, True, "1780000000", None, float("inf"), float("nan"))
    assert [instant_of_seconds(value) for value in wrong] == [None] * len(wrong)
