"""What no job collects says so where one looks for it, and says what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from stock_assets.assets.raw import raw_assets
from stock_assets.ingest.feeds import scheduled
from stock_assets.settings import Settings, read_settings

WITH_A_KEY = ("polygon_prices", "corporate_actions", "listings")


def descriptions(settings: Settings) -> dict[str, str]:
    """What the UI says about each asset, by the last part of its key."""
    specs = [spec for asset in raw_assets(settings) for spec in asset.specs]
    return {spec.key.path[-1]: spec.description or "" for spec in specs}


@pytest.mark.parametrize("name", WITH_A_KEY)
def test_an_asset_without_its_key_names_the_key(name: str, tmp_path: Path) -> None:
    said = descriptions(read_settings(home=tmp_path))
    assert said[name].endswith("**Not part of any job: POLYGON_API_KEY is not set.**")
    keyed = descriptions(read_settings(home=tmp_path, polygon_api_key="a-key-for-tests"))
    assert keyed[name]
    assert "Not part of any job" not in keyed[name]


def test_bars_that_may_not_count_name_the_priority(tmp_path: Path) -> None:
    without = descriptions(read_settings(home=tmp_path))["alpha_vantage_prices"]
    assert without.endswith("**Not part of any job: ALPHA_VANTAGE_API_KEY is not set.**")
    keyed = read_settings(home=tmp_path, alpha_vantage_api_key="a-key-for-tests")
    assert descriptions(keyed)["alpha_vantage_prices"].endswith(
        "**Not part of any job: STOCK_ASSETS_VENDOR_PRIORITY leaves out alpha_vantage.**"
    )
    counted = keyed.model_copy(update={"vendor_priority": ("yahoo", "alpha_vantage")})
    assert "Not part of any job" not in descriptions(counted)["alpha_vantage_prices"]


def test_exactly_what_is_in_no_job_says_so(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path)
    able = {feed.name for feed in scheduled(settings)}
    said = descriptions(settings)
    assert {name for name in said if "Not part of any job" in said[name]} == said.keys() - able
