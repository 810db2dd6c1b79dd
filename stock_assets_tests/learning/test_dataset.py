"""What the learner gets to see of the training set."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import NotEnoughHistory, QualityError
from stock_assets.learning.dataset import LAST_RETURN, Dataset
from stock_assets.names import FEATURES
from stock_assets_tests.learning.conftest import close_time, market, replaced


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return market(sessions=30, symbols=4, edge=0.1)


def test_rows_come_out_by_session_and_symbol_whatever_order_they_came_in(
    rows: pa.Table, rng: np.random.Generator
) -> None:
    shuffled = rows.take(pa.array(rng.permutation(rows.num_rows)))
    straight, mixed = Dataset.from_table(rows), Dataset.from_table(shuffled)
    assert mixed.rows.equals(straight.rows)
    assert mixed.fingerprint == straight.fingerprint
    keys = list(
        zip(straight.rows["session"].to_pylist(), straight.rows["symbol"].to_pylist(), strict=True)
    )
    assert keys == sorted(keys)


def test_only_labels_known_by_the_instant_are_learnt_from(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    day = data.session_days[10]
    cut = data.as_of(close_time(day))
    assert cut.session_days == data.session_days[:10]
    assert cut.trained_through == close_time(day)
    one_microsecond_earlier = data.as_of(close_time(day) - timedelta(microseconds=1))
    assert one_microsecond_earlier.session_days == data.session_days[:9]


def test_changing_everything_that_was_known_later_changes_nothing_that_is_learnt(
    rows: pa.Table,
) -> None:
    """J01: the past of a training set does not depend on its future."""
    instant = close_time(Dataset.from_table(rows).session_days[15])
    later = pc.greater(rows["label_known_at"], pa.scalar(instant, rows["label_known_at"].type))
    corrupted = replaced(rows, "is_up", pc.xor(rows["is_up"], later))
    for name in FEATURES:
        column = pc.if_else(later, pc.multiply(rows[name].cast(pa.float64()), -3.0), rows[name])
        corrupted = replaced(corrupted, name, column)
    deleted = rows.filter(pc.invert(later))
    known = Dataset.from_table(rows).as_of(instant).fingerprint
    assert Dataset.from_table(corrupted).as_of(instant).fingerprint == known
    assert Dataset.from_table(deleted).as_of(instant).fingerprint == known
    assert Dataset.from_table(corrupted).fingerprint != Dataset.from_table(rows).fingerprint


def test_the_instant_may_be_given_in_any_time_zone_but_must_have_one(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    instant = close_time(data.session_days[5])
    tokyo = instant.astimezone(datetime.now(UTC).astimezone().tzinfo)
    assert data.as_of(tokyo).fingerprint == data.as_of(instant).fingerprint
    with pytest.raises(QualityError, match="without a time zone"):
        data.as_of(instant.replace(tzinfo=None))


def test_rows_with_a_missing_feature_are_left_out_and_counted_never_filled(rows: pa.Table) -> None:
    """S0-29."""
    values = rows["volatility_20d"].to_pylist()
    values[3], values[7] = None, float("nan")
    data = Dataset.from_table(replaced(rows, "volatility_20d", values))
    assert (len(data), data.incomplete) == (rows.num_rows - 2, 2)
    assert np.isfinite(data.matrix(FEATURES)).all()


def test_an_unknown_outcome_is_not_learnt_as_down(rows: pa.Table) -> None:
    """S0-32: the last row of a ticker has no label; the first system made it False."""
    labels = rows["is_up"].to_pylist()
    labels[-4:] = [None] * 4
    data = Dataset.from_table(replaced(rows, "is_up", labels))
    assert (len(data), data.unlabelled) == (rows.num_rows - 4, 4)


def test_the_same_key_twice_is_refused(rows: pa.Table) -> None:
    doubled = pa.concat_tables([rows, rows.slice(5, 1)])
    with pytest.raises(QualityError, match=r"1 keys .* more than once"):
        Dataset.from_table(doubled)


def test_everything_wrong_with_the_columns_is_said_at_once(rows: pa.Table) -> None:
    broken = replaced(
        rows.drop_columns(["momentum_5d", "is_up"]),
        "label_known_at",
        rows["label_known_at"].cast(pa.timestamp("us")),
    )
    with pytest.raises(QualityError) as caught:
        Dataset.from_table(broken)
    for part in ("momentum_5d is missing", "is_up is missing", "label_known_at is timestamp[us]"):
        assert part in str(caught.value)


def test_a_column_of_another_kind_is_refused(rows: pa.Table) -> None:
    with pytest.raises(QualityError, match="momentum_5d is string, not double"):
        Dataset.from_table(replaced(rows, "momentum_5d", ["much"] * rows.num_rows))


def test_a_feature_may_be_stored_as_a_flag_or_a_whole_number(rows: pa.Table) -> None:
    flags = pc.greater(rows["price_above_ma20"], 0.5)
    assert Dataset.from_table(replaced(rows, "price_above_ma20", flags)).fingerprint == (
        Dataset.from_table(rows).fingerprint
    )


def test_too_little_history_says_what_there_is_and_what_it_takes(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    data.need(sessions=30, rows=120)
    with pytest.raises(NotEnoughHistory) as caught:
        data.need(sessions=31)
    assert caught.value.context["have"] == 30
    assert caught.value.context["need"] == 31
    empty = data.as_of(datetime(1990, 1, 1, tzinfo=UTC))
    with pytest.raises(NotEnoughHistory):
        _ = empty.trained_through


def test_the_sessions_own_return_is_the_label_of_the_row_before(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    last = data.matrix((LAST_RETURN,)).reshape(30, 4)
    actual = data.rows["actual_return"].to_numpy().reshape(30, 4)
    assert np.isnan(last[0]).all()
    np.testing.assert_array_equal(last[1:], actual[:-1])


def test_the_sessions_own_return_is_unknown_after_a_gap(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    gone = data.session_days[9]
    dropped = rows.filter(
        pc.invert(
            pc.and_(
                pc.equal(rows["symbol"], "S01"),
                pc.equal(rows["session"], pa.scalar(gone, pa.date32())),
            )
        )
    )
    with_gap = Dataset.from_table(dropped)
    after = pc.and_(
        pc.equal(with_gap.rows["symbol"], "S01"),
        pc.equal(with_gap.rows["session"], pa.scalar(data.session_days[10], pa.date32())),
    )
    assert np.isnan(with_gap.matrix((LAST_RETURN,))[after.to_numpy(zero_copy_only=False)]).all()


def test_the_fingerprint_notices_any_change(rows: pa.Table) -> None:
    data = Dataset.from_table(rows)
    renamed = ["S99" if name == "S03" else name for name in rows["symbol"].to_pylist()]
    shifted = rows["momentum_5d"].to_pylist()
    shifted[50] = np.nextafter(shifted[50], 9)
    prints = {
        data.fingerprint,
        Dataset.from_table(replaced(rows, "symbol", renamed)).fingerprint,
        Dataset.from_table(replaced(rows, "momentum_5d", shifted)).fingerprint,
        Dataset.from_table(rows.slice(1)).fingerprint,
    }
    assert len(prints) == 4
