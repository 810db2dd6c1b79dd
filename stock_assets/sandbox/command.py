"""``stock-assets sandbox``: serve the twin from a terminal.

Belongs here: the command's options and what they mean. Does not belong here: serving (server.py).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from stock_assets import market
from stock_assets.errors import BadRange, InputError
from stock_assets.sandbox.clock import TwinClock, as_utc
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import serve
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.edge import DEFAULT_AUC, Market
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.recorded import load_recording
from stock_assets.sandbox.twin import Twin


@click.command(name="sandbox")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default="a free one",
    help="Port of 127.0.0.1 to listen on.",
)
@click.option(
    "--market",
    "market_kind",
    type=click.Choice(["edge", "null"]),
    default="edge",
    show_default=True,
    help="Generated market: with a known edge, or one that nobody can foresee.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Equal seeds give equal generated markets.",
)
@click.option(
    "--edge-auc",
    type=float,
    default=DEFAULT_AUC,
    show_default=True,
    help="Best achievable AUC on the edge market.",
)
@click.option(
    "--symbols",
    help="How many (1 to 600), or which: AAPL,BRK.B. Default: 50, or all recorded.",
)
@click.option(
    "--recorded",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Serve these as-traded daily bars (Parquet or CSV) instead of a generated market.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ROLE=NAME",
    help="Which column of FILE is which, where its name does not tell. Roles: symbol, date, open, "
    "high, low, close, volume, dividend, split. May be given several times.",
)
@click.option(
    "--price-scale",
    type=float,
    help="What FILE's prices are multiplied by to give USD. Default: 1; 0.0001 for columns that "
    "end in _e4.",
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day read of FILE.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the market.")
@click.option(
    "--now",
    metavar="ISO",
    help="Stop the market's clock at this instant, such as 2025-03-14T21:00:00Z. Default: real "
    "time for a generated market; the decision time after the last bar for a recorded one.",
)
@click.option(
    "--speed-up",
    type=click.FloatRange(min=1.0),
    default=1.0,
    show_default=True,
    help="Let the vendors' rate limits refill this many times faster.",
)
def sandbox_command(
    port: int,
    market_kind: Market,
    seed: int,
    edge_auc: float,
    symbols: str | None,
    recorded: Path | None,
    columns: tuple[str, ...],
    price_scale: float | None,
    first: datetime | None,
    last: datetime | None,
    now: str | None,
    speed_up: float,
) -> None:
    """Serve the twin of the vendors on 127.0.0.1 until interrupted.

    One market, generated from a seed or recorded in FILE, spoken in the vendors' own formats:

    \b
      /polygon/...                              polygon.RESTClient(key, base=URL + "/polygon")
      /yahoo/query2.finance.yahoo.com/...       what yfinance asks of that host
      /finnhub/api/v1/...                       what is asked of finnhub.io
      /newsapi/v2/everything                    … of newsapi.org
      /alphavantage/query                       … of www.alphavantage.co
      /fred/fred/...                            … of api.stlouisfed.org
      /worldbank/v2/...                         … of api.worldbank.org
      /fed/...                                  … of www.federalreserve.gov
      /treasury/services/...                    … of api.fiscaldata.treasury.gov
      /membership/...                           … of raw.githubusercontent.com
      /__sandbox__/health, clock, requests,     for whoever started it
                   faults

    The vendors' keys are twin-unlimited, and twin-free with the free plan's limits; FRED's are
    twinunlimited and twinfree, filled up with zeros to 32 characters. The first line on standard
    output is JSON with the address and the token that opens /__sandbox__/ (header
    X-Sandbox-Token):

    \b
      {"url": "http://127.0.0.1:8765", "token": "...", "symbols": [...],
       "first_session": "2015-01-02", "last_session": "2025-03-14"}

    POST to /__sandbox__/faults makes things go wrong: a JSON list of rules, which takes the place
    of the list before. GET says what each has struck, DELETE ends them all. Two refusals by
    Polygon, and one in three requests to Yahoo cut off in the middle:

    \b
      [{"match": {"vendor": "polygon", "path": "^/v2/aggs/"}, "times": 2,
        "action": {"kind": "status", "body_preset": "polygon.429",
                   "headers": {"Retry-After": "2"}}},
       {"match": {"vendor": "yahoo"}, "probability": 0.33, "seed": 7,
        "action": {"kind": "close", "after_bytes": 100}}]

    \b
    Kinds: status, flap, redirect, replace_body, truncate_json, mutate, restated,
    future, stale, huge, delay, hang, reset, close, slow_drip, gzip_corrupt,
    wrong_length, and chaos, which draws one of them for each request.

    For example:

    \b
      stock-assets sandbox --port 8765
      stock-assets sandbox --market null --seed 7 --symbols 20
      stock-assets sandbox --symbols AAPL,SVBX,HALTX --now 2025-03-12T15:00:00Z
      stock-assets sandbox --recorded bars.parquet --symbols AAPL,MSFT --from 2016-01-01
    """  # noqa: D301 - the marks are for click: leave these lines as they are
    day_of = (first.date() if first else None, last.date() if last else None)
    if recorded is None:
        truth = generate(
            _count_or_names(symbols),
            market=market_kind,
            seed=seed,
            edge_auc=edge_auc,
            last=day_of[1],
        )
    else:
        truth = load_recording(
            recorded,
            symbols=_count_or_names(symbols),
            first=day_of[0],
            last=day_of[1],
            columns=dict(_pair(text) for text in columns),
            price_scale=price_scale,
        )
    for note in truth.notes:
        click.echo(f"note: {note}", err=True)
    clock = TwinClock(_starting_instant(now, truth, is_recorded=recorded is not None))
    serve(Twin(truth, clock, limits=Limits(speed_up)), port)


def _starting_instant(text: str | None, truth: Truth, *, is_recorded: bool) -> datetime | None:
    """The instant at which the clock stands, or None for real time."""
    if text is None:
        return market.decision_time(truth.last_day) if is_recorded else None
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise BadRange(
            text,
            reason="not an instant",
            next_action="write it like 2025-03-14T21:00:00Z",
        ) from error


def _count_or_names(text: str | None) -> int | tuple[str, ...] | None:
    if text is not None and text.strip().isascii() and text.strip().isdigit():
        return int(text)
    return _names(text)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else market.check_symbols(text.replace(" ", "").split(","))


def _pair(text: str) -> tuple[str, str]:
    role, equals, name = text.partition("=")
    if not equals:
        raise InputError(
            text, reason="not of the form ROLE=NAME", next_action="write it like close=last_price"
        )
    return role.strip(), name.strip()
