"""Opening a file that is said to hold bars, and refusing what is no table at all.

Belongs here: Parquet or CSV told apart by content, error bodies that were saved as data, reading
some columns with a filter. Does not belong here: what the columns mean (columns.py, recorded.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset

from stock_assets.errors import BadRecording

_PARQUET: Final = b"PAR1"
_SHOWN: Final = 60


class BarFile:
    """A table on disk whose header has been read.

    Raises:
        BadRecording: when the file is missing, empty, unreadable, or an error message.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        head = _head(path)
        self.is_csv = not head.startswith(_PARQUET)
        if self.is_csv:
            _refuse_error_body(path, head)
        self.schema: pa.Schema = self._dataset({}).schema

    def read(
        self,
        columns: Sequence[str],
        *,
        only: pc.Expression | None = None,
        types: Mapping[str, pa.DataType] | None = None,
    ) -> pa.Table:
        """Those columns of the rows that pass ``only``; ``types`` fix how CSV text is read."""
        try:
            return self._dataset(types or {}).to_table(columns=list(columns), filter=only)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise self._unreadable(error) from error

    def _dataset(self, types: Mapping[str, pa.DataType]) -> pyarrow.dataset.Dataset:
        form: str | pyarrow.dataset.FileFormat = "parquet"
        if self.is_csv:
            convert = pyarrow.csv.ConvertOptions(column_types=dict(types))
            form = pyarrow.dataset.CsvFileFormat(convert_options=convert)
        try:
            return pyarrow.dataset.dataset(str(self.path), format=form)
        except (pa.ArrowInvalid, OSError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> BadRecording:
        first_line = str(error).split("\n", 1)[0]
        return BadRecording(
            str(self.path),
            reason=f"cannot be read as {'CSV' if self.is_csv else 'Parquet'}: {first_line[:200]}",
            next_action="give a Parquet or CSV file with one row per symbol and day",
        )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadRecording(
            str(path),
            reason=f"cannot be opened ({error.strerror})",
            next_action="give the path of a Parquet or CSV file that may be read",
        ) from error
    if not head.strip():
        raise BadRecording(
            str(path),
            reason="the file is empty",
            next_action="fetch it again, or give another file",
        )
    return head


def _refuse_error_body(path: Path, head: bytes) -> None:
    """A server's error message that was saved under a data file's name."""
    text = " ".join(head.decode("utf-8", errors="replace").split())
    if text[0] in "{[<":
        raise BadRecording(
            str(path),
            reason=f"not a table but a server's message: {text[:_SHOWN]!r}",
            next_action="fetch the file again and look at the answer before saving it",
        )
    if "\x00" in text:
        raise BadRecording(
            str(path),
            reason="neither Parquet nor text",
            next_action="give a Parquet or CSV file with one row per symbol and day",
        )
