from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stock_assets import market
from stock_assets.errors import BadRange, BadSymbol
from stock_assets.sandbox.truth import Bars, Stock, Truth
from stock_assets.sandbox.truth.edge import DEFAULT_AUC, SHARE, WITHOUT_NEWS, strength_for
from stock_assets.sandbox.truth.generated import generate, optimal_probabilities
from stock_assets.sandbox.truth.mood import session_moods
from stock_assets_tests.sandbox.conftest import LAST
from stock_assets_tests.sandbox.truth.skill import (
    auc,
    expected_auc,
    judged,
    labelled,
    session_bootstrap,
    table,
)


def _same(left: Bars, right: Bars) -> bool:
    columns = ("days", "open", "high", "low", "close", "volume")
    return all(np.array_equal(getattr(left, c), getattr(right, c)) for c in columns)


def _moods(rows: pd.DataFrame, seed: int) -> pd.Series:
    """The mood of each row's symbol and session."""
    days = rows.session.to_numpy().astype("datetime64[D]")
    mood = pd.Series(0.0, index=rows.index)
    for symbol, part in rows.groupby("symbol"):
        mood[part.index] = session_moods(seed, str(symbol), days[part.index])
    return mood


@pytest.fixture(scope="module")
def fifty() -> Truth:
    return generate(seed=3, last=LAST)


def test_the_same_seed_gives_the_same_market_and_another_seed_another_one() -> None:
    one, same, other = (generate(3, seed=s, last=date(2016, 6, 30)) for s in (1, 1, 2))
    assert all(_same(one.stocks[s].bars, same.stocks[s].bars) for s in one.symbols)
    assert not any(_same(one.stocks[s].bars, other.stocks[s].bars) for s in one.symbols)


def test_a_longer_market_begins_with_the_bars_and_events_of_a_shorter_one() -> None:
    short, long = (generate(["AMZN", "BA"], seed=5, last=last) for last in (date(2017, 3, 1), LAST))
    for symbol in short.symbols:
        early, late = short.stocks[symbol], long.stocks[symbol]
        assert _same(early.bars, late.bars.upto(short.last_day))
        assert early.splits == tuple(s for s in late.splits if s.ex_date <= short.last_day)
        assert [d.ex_date for d in early.dividends] == [
            d.ex_date for d in late.dividends if d.ex_date <= short.last_day
        ]


def test_a_symbol_trades_alike_whatever_other_symbols_there_are(fifty: Truth) -> None:
    alone = generate(["AMZN"], seed=3, last=LAST).stocks["AMZN"]
    assert _same(alone.bars, fifty.stocks["AMZN"].bars)
    assert alone.splits == fifty.stocks["AMZN"].splits


def test_every_bar_is_possible_and_in_whole_cents(fifty: Truth) -> None:
    for stock in fifty.stocks.values():
        bars = stock.bars
        assert (bars.low > 0).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()
        assert (bars.volume >= 100).all()
        for prices in (bars.open, bars.high, bars.low, bars.close):
            assert np.array_equal(np.round(prices * 100) / 100, prices)


def test_every_session_has_a_bar_but_for_halts_and_no_other_day_has_one(fifty: Truth) -> None:
    days = np.array(market.calendar().days, dtype="datetime64[D]")
    days = days[(days >= np.datetime64("2015-01-02")) & (days <= np.datetime64(LAST))]
    for symbol, stock in fifty.stocks.items():
        halts = np.array(stock.halts, dtype="datetime64[D]")
        assert np.array_equal(stock.bars.days, np.setdiff1d(days, halts)), symbol
    assert {s for s, stock in fifty.stocks.items() if stock.halts} == {"BA"}


def test_no_total_return_is_zero_as_the_product_computes_it(fifty: Truth) -> None:
    for stock in fifty.stocks.values():
        returns = table(stock)["return"].to_numpy()[1:]
        assert (np.abs(returns) > 1e-7).all()
        assert (np.abs(returns) < 0.5).all()


@pytest.mark.parametrize("first_year", [2016, 2019, 2021, 2023])
def test_any_three_years_hold_splits_of_every_kind(fifty: Truth, first_year: int) -> None:
    last_day = date(first_year + 3, 6, 30)
    kinds = {
        (split.new, split.old)
        for stock in fifty.stocks.values()
        for split in stock.splits
        if date(first_year, 1, 1) <= split.ex_date <= last_day
    }
    assert kinds >= {(2, 1), (3, 1), (20, 1), (1, 10)}


def test_splits_and_dividends_of_a_stock_keep_their_distance(fifty: Truth) -> None:
    for stock in fifty.stocks.values():
        split_days = [split.ex_date for split in stock.splits]
        ex_days = [paid.ex_date for paid in stock.dividends]
        assert len({*split_days, *ex_days}) == len(split_days) + len(ex_days)
        assert all(split.announced_on < split.ex_date for split in stock.splits)
        assert all(paid.public_on < paid.ex_date for paid in stock.dividends)
        for split in stock.splits:
            assert not any(p.public_on < split.ex_date <= p.ex_date for p in stock.dividends)


def test_regular_dividends_come_four_times_a_year_and_some_are_special(fifty: Truth) -> None:
    payers = [stock for stock in fifty.stocks.values() if stock.dividends]
    assert 20 <= len(payers) <= 40
    for stock in payers:
        year = [d for d in stock.dividends if d.ex_date.year == 2020 and not d.special]
        assert len(year) == 4
    assert any(d.special for stock in payers for d in stock.dividends)


def test_half_days_have_about_half_the_volume(fifty: Truth) -> None:
    early = np.array(
        [s.day for s in market.calendar().sessions if s.is_half_day], dtype="datetime64[D]"
    )
    ratios = []
    for stock in fifty.stocks.values():
        half = np.isin(stock.bars.days, early)
        ratios.append(np.median(stock.bars.volume[half]) / np.median(stock.bars.volume[~half]))
    assert np.median(ratios) == pytest.approx(0.5, abs=0.12)


def test_special_symbols_are_delisted_halted_and_renamed(truth: Truth) -> None:
    gone, halted, renamed = (truth.stocks[s] for s in ("SVBX", "HALTX", "META"))
    assert gone.listing.delisted_on == gone.bars.days[-1].astype(object) == date(2025, 6, 27)
    assert halted.halts == (date(2025, 3, 11), date(2025, 3, 12), date(2025, 3, 13))
    assert not np.isin(np.array(halted.halts, dtype="datetime64[D]"), halted.bars.days).any()
    assert renamed.listing.symbol_on(date(2022, 6, 8)) == "FB"
    assert renamed.listing.symbol_on(date(2022, 6, 9)) == "META"


def test_more_symbols_than_companies_are_invented_up_to_six_hundred() -> None:
    many = generate(600, last=date(2015, 3, 31))
    assert len(many.stocks) == 600
    assert {"SAA", "SAB"} <= set(many.symbols)
    with pytest.raises(BadSymbol, match="no such symbol"):
        generate(["QQZ"], last=date(2015, 1, 30))


@pytest.mark.parametrize("count", [0, 601, -1])
def test_too_few_or_too_many_symbols_are_refused(count: int) -> None:
    with pytest.raises(BadRange, match="1 to 600"):
        generate(count, last=date(2015, 3, 31))


def test_what_is_no_symbol_or_no_auc_is_refused() -> None:
    with pytest.raises(BadSymbol):
        generate(["aapl"], last=date(2015, 3, 31))
    with pytest.raises(BadRange, match=r"above 0\.5"):
        generate(3, edge_auc=0.5, last=date(2015, 3, 31))


def test_no_truth_holds_a_probability(truth: Truth) -> None:
    assert not any("probab" in name for kind in (Truth, Stock, Bars) for name in vars(kind))
    cached = {"symbols", "rows", "_renamed"}
    assert set(vars(truth)) - cached == {"label", "stocks", "last_day", "seed", "notes"}


def test_optimal_probabilities_are_for_a_session_and_the_one_after_it(truth: Truth) -> None:
    optimal = optimal_probabilities(["BA", "HALTX"], seed=11, last=LAST).to_pandas()
    days = market.calendar().days
    after = dict(pairwise(days))
    assert all(after[d] == t for d, t in zip(optimal.session, optimal.target_session, strict=True))
    halts = {(s, d) for s in ("BA", "HALTX") for d in truth.stocks[s].halts}
    assert not halts & set(zip(optimal.symbol, optimal.session, strict=True))
    assert not halts & set(zip(optimal.symbol, optimal.target_session, strict=True))


@pytest.mark.parametrize("edge_auc", [0.53, 0.56, 0.6])
def test_the_best_achievable_auc_is_what_was_asked_for(edge_auc: float) -> None:
    options: dict[str, Any] = {"seed": 21, "edge_auc": edge_auc, "last": date(2022, 12, 30)}
    rows = labelled(generate(30, **options), optimal_probabilities(30, **options))
    assert expected_auc(rows.probability_up) == pytest.approx(edge_auc, abs=0.002)
    assert auc(rows.rises, rows.probability_up) == pytest.approx(edge_auc, abs=0.01)


def test_the_probabilities_are_those_of_what_happens(fifty: Truth) -> None:
    rows = labelled(fifty, optimal_probabilities(seed=3, last=LAST))
    tenth = pd.qcut(rows.probability_up, 10, labels=False, duplicates="drop")
    groups = rows.groupby(tenth)
    assert groups.rises.mean().to_numpy() == pytest.approx(
        groups.probability_up.mean().to_numpy(), abs=0.015
    )


def test_the_mood_tells_what_the_bars_do_not_and_the_bars_alone_tell_nine_tenths() -> None:
    options: dict[str, Any] = {"seed": 21, "last": date(2022, 12, 30)}
    rows = labelled(generate(30, **options), optimal_probabilities(30, **options))
    mood = _moods(rows, 21)
    bars_alone = rows.probability_up - strength_for("edge", DEFAULT_AUC) * SHARE * mood
    best, without = expected_auc(rows.probability_up), expected_auc(rows.probability_up, bars_alone)
    assert (without - 0.5) / (best - 0.5) == pytest.approx(WITHOUT_NEWS, abs=0.01)
    assert auc(rows.rises, mood) == pytest.approx(0.515, abs=0.008)
    surprise = (rows.rises - bars_alone).to_numpy()
    assert np.corrcoef(surprise, mood)[0, 1] > 0.015


def test_on_the_null_market_the_mood_tells_nothing() -> None:
    options: dict[str, Any] = {"market": "null", "seed": 21, "last": date(2021, 12, 31)}
    rows = labelled(generate(30, **options), optimal_probabilities(30, **options))
    low, high = session_bootstrap(rows.assign(mood=_moods(rows, 21)), "mood", seed=1, level=0.999)
    assert low < 0.5 < high


def test_stocks_rise_and_fall_together_more_often_than_by_chance(fifty: Truth) -> None:
    rows = labelled(fifty, optimal_probabilities(seed=3, last=LAST))
    share = rows.groupby("session").rises.mean()
    assert share.std() > 1.5 * 0.5 / np.sqrt(50)


def test_nothing_tells_the_direction_on_the_null_market() -> None:
    options: dict[str, Any] = {"market": "null", "seed": 8, "last": date(2021, 12, 31)}
    optimal = optimal_probabilities(30, **options)
    assert set(optimal["probability_up"].to_pylist()) == {0.5}
    rows = labelled(generate(30, **options), optimal)
    for feature in (
        "return_lag1",
        "momentum_5d",
        "volatility_20d",
        "ma5_ma20_diff",
        "volume_ratio_20",
        "volume_change_1d",
        "day_of_month",
    ):
        low, high = session_bootstrap(rows, feature, seed=1, level=0.999)
        assert low < 0.5 < high, feature
    assert rows.rises.mean() == pytest.approx(0.5, abs=0.01)


def test_volume_says_nothing_beyond_the_optimal_probability(fifty: Truth) -> None:
    rows = labelled(fifty, optimal_probabilities(seed=3, last=LAST))
    surprise = (rows.rises - rows.probability_up).to_numpy()
    for feature in ("volume_ratio_20", "volume_change_1d", "return_lag1", "momentum_5d"):
        ranks = rows[feature].rank().to_numpy()
        assert abs(np.corrcoef(surprise, ranks)[0, 1]) < 0.015, feature


def test_a_forest_on_the_ten_features_finds_most_of_the_edge(fifty: Truth) -> None:
    rows = judged(labelled(fifty, optimal_probabilities(seed=3, last=LAST)), train=504, test=252)
    best = auc(rows.rises, rows.probability_up) - 0.5
    assert best == pytest.approx(0.06, abs=0.015)
    assert auc(rows.rises, rows.predicted) - 0.5 >= 0.75 * best
