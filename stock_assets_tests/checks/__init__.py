"""Tests of stock_assets.checks."""
