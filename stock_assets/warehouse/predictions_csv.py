"""The newest predictions as a file for spreadsheets.

Belongs here: ``predictions.csv``, from what is published. Does not belong here: publishing.
"""

from __future__ import annotations

import csv
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from stock_assets.errors import StorageUnavailable
from stock_assets.warehouse.reading import query_published

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_NEWEST: Final = """
    select * from predictions
    where session = (select max(session) from predictions)
    order by probability_up desc, symbol, model_name, model_version
"""


def write_predictions_csv(serving_link: Path, path: Path) -> int:
    """Replace ``path`` by the published predictions of the newest session; how many there are.

    UTF-8, comma, one header line, likeliest risers first; instants in ISO 8601 UTC. Text that a
    spreadsheet would run as a formula begins with an apostrophe. The file is replaced whole.

    Raises:
        BuildError: nothing has been published yet.
        StorageUnavailable: the file cannot be written.
    """
    newest = query_published(serving_link, _NEWEST)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(newest.column_names)
    for row in newest.to_pylist():
        writer.writerow([_cell(value) for value in row.values()])
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StorageUnavailable(
            path,
            reason=f"cannot be written ({error.strerror})",
            next_action="free space or make the directory writable, then publish again",
        ) from error
    return int(newest.num_rows)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value
