"""stock_assets: forecasts of stock data that can be believed."""

__version__ = "0.1.0"
