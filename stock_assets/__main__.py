"""``python -m stock_assets`` is the command line."""

from stock_assets.cli import main

if __name__ == "__main__":
    main()
