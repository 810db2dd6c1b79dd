"""Tests: mirror stock_assets file for file; answers/ holds tables that a person has reviewed."""
