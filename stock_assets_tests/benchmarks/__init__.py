"""Tests of stock_assets.ingest."""
