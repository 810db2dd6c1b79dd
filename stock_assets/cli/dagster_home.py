"""Dagster's own directory in a home: where it keeps runs and events, and how it is configured.

Belongs here: making it. Does not belong here: what runs there (stages.py, up.py).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from stock_assets.errors import StorageUnavailable
from stock_assets.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from stock_assets.settings import Settings


_EVENT_LOG: Final = """
# Where Dagster keeps events by default, opened once instead of once per event.
event_log_storage:
  module: stock_assets.event_log
  class: KeptConnectionsEventLog
  config:
    base_dir: {directory}
"""


def prepare_dagster_home(settings: Settings) -> Path:
    """The directory for DAGSTER_HOME, made where missing, with the shipped configuration in it.

    Raises:
        StorageUnavailable: it cannot be written.
    """
    home = settings.dagster_home
    try:
        home.mkdir(parents=True, exist_ok=True)
        shipped = (PROJECT_ROOT / "deploy" / "dagster.yaml").read_text(encoding="utf-8")
        events = _EVENT_LOG.format(directory=json.dumps(str(home / "history" / "runs")))
        (home / "dagster.yaml").write_text(shipped + events, encoding="utf-8")
    except OSError as error:
        raise StorageUnavailable(
            home,
            reason=f"cannot be written: {error.strerror}",
            next_action="make the directory writable, or set STOCK_ASSETS_HOME elsewhere",
        ) from error
    return home
