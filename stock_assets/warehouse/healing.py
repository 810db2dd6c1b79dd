"""A warehouse that a killed process left unreadable: it is derived, so it goes and is built again.

Belongs here: noticing it. Does not belong here: building (assets/), the lake, which is never
removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HELD: Final = "lock"
"""What DuckDB says of a database that another process has open: that one is well."""


def discard_unreadable(warehouse: Path) -> str:
    """Remove a database file that DuckDB cannot open; returns why, "" when it was left alone.

    A process that is killed while it creates the file leaves one without a whole header. The
    caller holds the warehouse's lock, so nobody is writing it.
    """
    import duckdb

    if not warehouse.exists():
        return ""
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.ConnectionException:
        # Open in this process with other settings: readable.
        return ""
    except (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException) as error:
        why = str(error).strip().splitlines()[0]
        if _HELD in why.lower():
            return ""
        for path in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")):
            path.unlink(missing_ok=True)
        return why
    return ""
