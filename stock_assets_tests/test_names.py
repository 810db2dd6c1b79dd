"""The list of inputs that training and scoring share."""

import subprocess
import sys

from stock_assets.names import FEATURES


def test_the_model_has_the_ten_inputs_and_the_days_own_return_is_not_one() -> None:
    """S0-18 to S0-28."""
    assert FEATURES == (
        "weekday",
        "day_of_month",
        "return_lag1",
        "volatility_5d",
        "volatility_20d",
        "momentum_5d",
        "price_above_ma20",
        "ma5_ma20_diff",
        "volume_ratio_20",
        "volume_change_1d",
    )
    assert "return" not in FEATURES


def test_knowing_the_names_costs_no_heavy_import() -> None:
    heavy = "{'numpy', 'pandas', 'sklearn', 'mlflow', 'pyarrow', 'matplotlib'}"
    code = (
        "import sys, stock_assets.names; "
        f"loaded = {heavy} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
