from __future__ import annotations

from pathlib import Path

import pytest

from stock_assets.errors import BadRecording
from stock_assets.sandbox.truth.files import BarFile


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b'{\n"Error Message": "Invalid API call"\n}', "a server's message: .*Error Message"),
        (b"<!DOCTYPE html><title>503</title>", "a server's message: .*DOCTYPE"),
        (b"PK\x00\x01\x00\x00", "neither Parquet nor text"),
        (b"PAR1 and then nothing", "cannot be read as Parquet"),
    ],
)
def test_what_is_no_table_is_refused_with_what_it_is(
    tmp_path: Path, body: bytes, reason: str
) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(body)
    with pytest.raises(BadRecording, match=reason):
        BarFile(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="cannot be opened"):
        BarFile(tmp_path / "none.parquet")
    with pytest.raises(BadRecording, match="cannot be opened"):
        BarFile(tmp_path)


def test_csv_rows_of_unequal_length_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(BadRecording, match="cannot be read as CSV"):
        BarFile(path).read(["a", "b"])
