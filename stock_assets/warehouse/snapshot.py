"""The lake snapshot on disk: which version of each lake table a build reads.

Belongs here: writing it whole. Does not belong here: taking it (lake/), reading it
(lake_plugin.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stock_assets.errors import StorageUnavailable


def write_lake_snapshot(snapshot: Mapping[str, Any], path: Path) -> None:
    """Replace the snapshot by one rename; ``snapshot`` maps tables to dataclasses or dicts.

    Raises:
        StorageUnavailable: when the file cannot be written.
    """
    import orjson

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(orjson.dumps(dict(snapshot), option=orjson.OPT_SORT_KEYS))
        draft.replace(path)
    except OSError as error:
        raise StorageUnavailable(
            path,
            reason=f"the lake snapshot cannot be written ({error.strerror})",
            next_action="make the directory writable, or set STOCK_ASSETS_HOME to one that is",
        ) from error
