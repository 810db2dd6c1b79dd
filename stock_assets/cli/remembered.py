"""What a home remembers of its twin, so that the same market can be served again.

Belongs here: the twin's arguments and present, kept as a file; the settings that follow from them.
Does not belong here: starting a twin (twin.py), choosing its market (options.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from stock_assets.errors import EnvironmentMixed, StorageCorrupt, StorageUnavailable
from stock_assets.market import check_symbols, decision_time

if TYPE_CHECKING:
    from pathlib import Path

    from stock_assets.settings import Settings

TWIN_KEY: Final = "twin-unlimited"
FRED_KEY: Final = "twinunlimited".ljust(32, "0")
"""FRED's keys are 32 lower-case letters and digits."""
_UNLIMITED: Final = 1e6
_WITH_KEYS: Final = ("polygon", "alpha_vantage", "finnhub", "newsapi")
_PACED: Final = ("polygon", "yahoo", "alpha_vantage", "finnhub", "fred", "open")
_SAME_MARKET: Final = frozenset({"--now", "--symbols"})
_DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True)
class RememberedTwin:
    """How a twin was started (``arguments``), and what stands in its market.

    ``now`` is the market's present, a UTC instant; ``backfill_years`` what a first run fetches.
    """

    arguments: tuple[str, ...]
    now: datetime
    symbols: tuple[str, ...]
    backfill_years: float

    @classmethod
    def of(
        cls, arguments: Sequence[str], symbols: Sequence[str], days: Sequence[date]
    ) -> RememberedTwin:
        """A twin that is worked with for these sessions, as decided after the last of them."""
        span = (days[-1] - days[0]).days
        return cls(
            arguments=tuple(arguments),
            now=decision_time(days[-1]),
            symbols=check_symbols(symbols),
            backfill_years=span / _DAYS_PER_YEAR,
        )

    def settings(self, url: str, home: Path | None) -> Settings:
        """The settings of a home of this twin, which answers at ``url``.

        Raises:
            ConfigError: when a setting in the environment is wrong.
        """
        from stock_assets.settings import read_settings

        overrides: dict[str, Any] = {
            "environment": "sandbox",
            "sandbox_url": url,
            "now": self.now,
            "symbols": self.symbols,
            "backfill_years": self.backfill_years,
            **{f"{vendor}_api_key": TWIN_KEY for vendor in _WITH_KEYS},
            "fred_api_key": FRED_KEY,
            **{f"{vendor}_requests_per_minute": _UNLIMITED for vendor in _PACED},
            "alpha_vantage_requests_per_day": int(_UNLIMITED),
            "newsapi_requests_per_day": int(_UNLIMITED),
            "alert_webhook": None,
        }
        if home is not None:
            overrides["home"] = home
        return read_settings(**overrides)

    @property
    def market(self) -> tuple[str, ...]:
        """What makes two twins the same market: all arguments but the instant and the symbols."""
        pairs = zip(self.arguments[::2], self.arguments[1::2], strict=False)
        return tuple(f"{option} {value}" for option, value in pairs if option not in _SAME_MARKET)

    def save(self, path: Path) -> None:
        """Write it whole, by one rename; a home keeps the bars of one market.

        Raises:
            EnvironmentMixed: the home holds another market.
            StorageUnavailable: it cannot be written.
        """
        before = remembered_twin(path)
        if before is not None and before.market != self.market:
            raise EnvironmentMixed(
                path.parent,
                reason=f"it holds the market {' '.join(before.market)}, "
                f"and this is {' '.join(self.market)}",
                next_action="use another --home, or remove this one",
            )
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        text = json.dumps({**asdict(self), "now": self.now.isoformat()}, indent=2)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text + "\n", encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            raise StorageUnavailable(
                path,
                reason=f"cannot be written: {error.strerror}",
                next_action="make the directory writable, or set STOCK_ASSETS_HOME elsewhere",
            ) from error


def remembered_twin(path: Path) -> RememberedTwin | None:
    """What was saved at ``path``; None where nothing was.

    Raises:
        StorageCorrupt: the file is not what :meth:`RememberedTwin.save` writes.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return RememberedTwin(
            arguments=tuple(str(argument) for argument in told["arguments"]),
            now=datetime.fromisoformat(told["now"]),
            symbols=check_symbols(told["symbols"]),
            backfill_years=float(told["backfill_years"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StorageCorrupt(
            path,
            reason=f"what the twin was told cannot be read ({type(error).__name__}: {error})",
            next_action="run `stock-assets demo` with the same options again; it rewrites the file",
        ) from error
