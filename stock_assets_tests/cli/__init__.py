"""Tests of stock_assets.cli."""
