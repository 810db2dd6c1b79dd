"""Tests of stock_assets.automation."""
