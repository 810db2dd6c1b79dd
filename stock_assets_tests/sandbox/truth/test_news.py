from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from textblob import TextBlob

from stock_assets import market
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.drafts import CARRIERS
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.model import Bars, Stock, invented_listing
from stock_assets.sandbox.truth.mood import session_moods
from stock_assets.sandbox.truth.news import Newsroom, Story


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


FIRST, END, NOW = at(2024, 1, 1), at(2025, 5, 31), at(2026, 6, 1)


def read(room: Newsroom, symbol: str, now: int = NOW, first: int = FIRST) -> list[Story]:
    """Every article about a company, each once, the oldest first."""
    found = {
        story.number: story
        for carrier in CARRIERS
        for story in room.oldest_first(room.about(symbol), first, END, carrier, now)
        if symbol in story.symbols
    }
    return sorted(found.values(), key=lambda story: (story.published_at, story.number))


def own(stories: list[Story]) -> list[Story]:
    """Those about one company alone."""
    return [story for story in stories if len(story.symbols) == 1]


@pytest.fixture(scope="module")
def room(truth: Truth) -> Newsroom:
    return Newsroom(truth)


def test_equal_seeds_give_equal_articles_whatever_other_symbols_and_horizon(truth: Truth) -> None:
    alone = generate(["AAPL"], seed=11, last=date(2025, 9, 30))
    assert read(Newsroom(alone), "AAPL") == read(Newsroom(truth), "AAPL")
    other = generate(["AAPL"], seed=12, last=date(2025, 9, 30))
    assert read(Newsroom(other), "AAPL") != read(Newsroom(truth), "AAPL")


def test_it_does_not_matter_in_which_order_is_asked(truth: Truth, room: Newsroom) -> None:
    fresh = Newsroom(truth)
    late = read(fresh, "PEP", first=at(2025, 3, 1))
    assert [s for s in read(room, "PEP") if s.published_at >= at(2025, 3, 1)] == late


def test_a_window_holds_what_was_published_in_it_in_order(room: Newsroom) -> None:
    subjects = room.about("AAPL")
    window = (at(2025, 2, 27, 5), at(2025, 3, 3, 18))
    forth = list(room.oldest_first(subjects, *window, "finnhub", NOW))
    back = list(room.newest_first(subjects, *window, "finnhub", NOW))
    assert forth == back[::-1]
    assert forth
    assert all(window[0] <= s.published_at <= window[1] for s in forth)
    assert all(a.published_at <= b.published_at for a, b in pairwise(forth))


def test_nothing_is_known_before_it_is_published(room: Newsroom) -> None:
    now = at(2025, 3, 12, 15)
    early = read(room, "AAPL", now=now)
    assert early
    assert all(s.published_at <= now for s in early)
    assert [s.number for s in early] == [
        s.number for s in read(room, "AAPL") if s.published_at <= now
    ]


def test_there_are_none_to_six_articles_a_day_on_weekends_and_at_night_too(room: Newsroom) -> None:
    stories = own(read(room, "AAPL"))
    days = Counter((s.published_at - 23_400) // 86_400 for s in stories)
    assert 1.5 < len(stories) / ((END - FIRST) / 86_400) < 3
    assert max(days.values()) <= 12
    stamps = [datetime.fromtimestamp(s.published_at, UTC) for s in stories]
    assert any(stamp.weekday() >= 5 for stamp in stamps)
    assert any(stamp.hour < 6 for stamp in stamps)


def test_bursts_follow_large_moves_and_come_after_the_close(truth: Truth, room: Newsroom) -> None:
    bars = truth.stocks["BA"].bars
    moves = dict(
        zip(bars.days[1:].tolist(), np.abs(bars.close[1:] / bars.close[:-1] - 1), strict=True)
    )
    burst = [s for s in own(read(room, "BA")) if "After a move" in s.headline]
    assert len(burst) > 30
    for story in burst:
        published = datetime.fromtimestamp(story.published_at, UTC)
        day = (published - timedelta(hours=6, minutes=30)).date()
        assert published > market.calendar().session(day).close_at
        assert f"{moves[day] * 100:.1f} %" in story.headline
        assert moves[day] > 0.5 * np.mean(list(moves.values()))


def test_every_mood_that_moves_prices_was_published_before_the_decision(truth: Truth) -> None:
    stories = own(read(Newsroom(truth), "AAPL"))
    sessions = market.calendar().between(date(2024, 1, 3), date(2025, 5, 30))
    moods = session_moods(11, "AAPL", np.array([s.day for s in sessions], "datetime64[D]"))
    before = market.decision_time(market.calendar().before(sessions[0].day).day).timestamp()
    told: list[float] = []
    for session in sessions:
        decision = session.decision_at.timestamp()
        levels = [s.level / 2 for s in stories if before < s.published_at < decision]
        told.append(max(levels, key=abs, default=0.0))
        assert set(levels) <= {told[-1], 0.0}
        before = decision
    assert told == moods.tolist()


def test_textblob_hears_the_mood_of_the_day_in_what_one_vendor_carries(room: Newsroom) -> None:
    heard: dict[date, list[float]] = defaultdict(list)
    for story in room.oldest_first(room.about("AAPL"), FIRST, END, "finnhub", NOW):
        if story.symbols[0] == "AAPL":
            day = datetime.fromtimestamp(story.published_at - 23_400, UTC).date()
            text = f"{story.headline}. {story.summary}"
            heard[day].append(TextBlob(text).sentiment.polarity)
    days = [day for day in sorted(heard) if market.calendar().is_session(day)]
    moods = session_moods(11, "AAPL", np.array(days, "datetime64[D]"))
    assert len(days) > 150
    assert np.corrcoef(moods, [np.mean(heard[day]) for day in days])[0, 1] > 0.85


def test_some_stories_are_carried_by_two_vendors_some_edited_and_few_withdrawn(
    room: Newsroom,
) -> None:
    stories = [s for symbol in ("AAPL", "BA", "PEP", "INTC") for s in own(read(room, symbol))]
    assert 0.10 < np.mean([s.is_carried_by_two for s in stories]) < 0.25
    assert 0.02 < np.mean([s.edited_at is not None for s in stories]) < 0.09
    assert 0.002 < np.mean([s.is_withdrawn for s in stories]) < 0.03
    assert len({s.number for s in stories}) == len(stories)
    assert len({s.url for s in stories}) == len(stories)


def test_an_edit_changes_the_words_and_neither_the_address_nor_the_time(room: Newsroom) -> None:
    edited = next(s for s in read(room, "AAPL") if s.edited_at is not None and s.level)
    assert edited.edited_at is not None
    before = {s.number: s for s in read(room, "AAPL", now=edited.edited_at - 1)}[edited.number]
    assert before.edited_at is None
    assert before.headline != edited.headline
    assert (before.url, before.published_at, before.level) == (
        edited.url,
        edited.published_at,
        edited.level,
    )


def test_an_article_is_withdrawn_a_day_after_its_publication_or_later(room: Newsroom) -> None:
    gone = [s for s in own(read(room, "AAPL")) + own(read(room, "BA")) if s.is_withdrawn]
    assert gone
    for story in gone:
        then = read(room, story.symbols[0], now=story.published_at + 86_399)
        assert not next(s for s in then if s.number == story.number).is_withdrawn


def test_some_articles_are_about_several_companies_of_a_sector(room: Newsroom) -> None:
    shared = [s for s in read(room, "AAPL") if len(s.symbols) > 1]
    assert shared
    assert all(s.sector == "Information Technology" for s in shared)
    assert any(s.symbols[0] != "AAPL" for s in shared)


def test_numbers_grow_with_time(room: Newsroom) -> None:
    stories = read(room, "AAPL")
    assert all(a.number < b.number for a, b in pairwise(stories) if a.published_at < b.published_at)


def test_nobody_writes_about_a_company_before_its_first_bar_or_long_after_its_last(
    room: Newsroom,
) -> None:
    begin = at(2014, 12, 1)
    first = next(iter(room.oldest_first(room.about("BA"), begin, END, "finnhub", NOW)))
    assert first.published_at >= at(2015, 1, 2)
    late = read(room, "SVBX", first=at(2025, 5, 1))
    assert late
    after = at(2025, 7, 6)
    assert not list(room.oldest_first(room.about("SVBX"), after, NOW, "finnhub", NOW))


def test_a_recorded_market_has_news_too_whatever_its_prices_are() -> None:
    days = np.array(
        [s.day for s in market.calendar().between(date(2024, 1, 2), date(2024, 6, 28))],
        dtype="datetime64[D]",
    )
    close = np.full(len(days), 50.0)
    close[[30, 31, 32]] = np.nan, 0.0, 90.0
    listing = invented_listing("ODD", "Odd Holdings", "", date(2024, 1, 2))
    stock = Stock(listing, Bars(days, close, close, close, close, close))
    room = Newsroom(Truth("recorded", {"ODD": stock}, date(2024, 6, 28)))
    found = list(room.oldest_first(room.subjects, 0, at(2024, 7, 31), "finnhub", NOW))
    assert len(found) > 100
    assert all(story.symbols == ("ODD",) and "Odd" in story.content for story in found)
