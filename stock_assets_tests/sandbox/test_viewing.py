from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Truth

OPEN = datetime(2025, 3, 14, 13, 30, tzinfo=UTC)
NOON = datetime(2025, 3, 14, 16, 45, tzinfo=UTC)
CLOSE = datetime(2025, 3, 14, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (OPEN, date(2025, 3, 13)),
        (NOON, date(2025, 3, 13)),
        (CLOSE, date(2025, 3, 14)),
        (datetime(2025, 3, 15, 2, tzinfo=UTC), date(2025, 3, 14)),
        (datetime(2025, 3, 16, 12, tzinfo=UTC), date(2025, 3, 16)),
        (datetime(2025, 11, 28, 17, 59, tzinfo=UTC), date(2025, 11, 27)),
        (datetime(2025, 11, 28, 18, 0, tzinfo=UTC), date(2025, 11, 28)),
    ],
)
def test_a_session_is_finished_at_its_own_close(now: datetime, newest: date) -> None:
    assert viewing.finished_through(now) == newest


def test_a_live_bar_exists_only_inside_the_session(truth: Truth) -> None:
    apple = truth.stocks["AAPL"]
    assert viewing.live_bar(apple, OPEN) is None
    assert viewing.live_bar(apple, CLOSE) is None
    assert viewing.live_bar(apple, datetime(2025, 3, 15, 16, tzinfo=UTC)) is None
    assert viewing.live_bar(apple, NOON) is not None


def test_a_live_bar_lies_inside_the_days_bar_and_has_less_volume(truth: Truth) -> None:
    for stock in (truth.stocks["AAPL"], truth.stocks["INTC"]):
        live = viewing.live_bar(stock, NOON)
        whole = stock.bars.between(date(2025, 3, 14), date(2025, 3, 14))
        assert live is not None
        assert live.open == whole.open[0]
        assert whole.low[0] <= live.low <= min(live.open, live.close)
        assert max(live.open, live.close) <= live.high <= whole.high[0]
        assert 0 < live.volume < whole.volume[0]


def test_a_halted_stock_has_no_live_bar(truth: Truth) -> None:
    noon = datetime(2025, 3, 12, 16, tzinfo=UTC)
    assert viewing.live_bar(truth.stocks["HALTX"], noon) is None


def test_factors_count_splits_up_to_today_only(truth: Truth) -> None:
    broadcom = truth.stocks["AVGO"]
    (split,) = broadcom.splits
    days = np.array([split.ex_date], dtype="datetime64[D]") + np.array([-1, 0])
    before = viewing.split_factors(broadcom, days, date(2025, 6, 2))
    after = viewing.split_factors(broadcom, days, split.ex_date)
    assert before.tolist() == [1.0, 1.0]
    assert after.tolist() == [20.0, 1.0]
