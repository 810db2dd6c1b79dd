"""Tests of stock_assets.assets."""
