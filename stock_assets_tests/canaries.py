"""Looking for secrets: in texts, in files, and in what is packed inside of files.

Belongs here: what a secret can look like, and what is unpacked before it is looked for. Written
without the product's own redaction, which it judges.
Does not belong here: where secrets might have gone (test_secrets.py).
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq
import zstandard

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_SQLITE: Final = b"SQLite format 3\0"


@cache
def disguises(secret: str) -> dict[str, bytes]:
    """Each form in which a secret can be told, by the form's name."""
    raw = secret.encode()
    told = {
        "plain": secret,
        "url-encoded": quote(secret, safe=""),
        "url-encoded path": quote(secret),
        "form-encoded": quote_plus(secret),
        "JSON": json.dumps(secret)[1:-1],
        "JSON with slashes": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "HTML": html.escape(secret),
        "hex": raw.hex(),
    }
    forms = {name: text.encode() for name, text in told.items()}
    forms |= {"lower-case escapes": _lower_escapes(quote(secret, safe="")).encode()}
    forms |= {"UTF-16": "\0".join(secret).encode()}
    for shift in range(3):
        # What stays the same whatever stands before and after the secret.
        whole = base64.b64encode(b"\0" * shift + raw)
        inner = whole[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
        forms[f"base64 at {shift}"] = inner
        forms[f"URL base64 at {shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return forms


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def traces(where: str, content: bytes, secrets: dict[str, str]) -> list[str]:
    """``secret, form, place`` for each secret that the bytes tell, unpacked where they are packed.

    ``secrets``: values by name; only names are told.
    """
    forms = [
        (name, form, told)
        for name, secret in secrets.items()
        for form, told in disguises(secret).items()
    ]
    return [
        f"{name}, {form}, {place}"
        for place, unpacked in _unpacked(where, content)
        for name, form, told in forms
        if told in unpacked
    ]


def traces_under(root: Path, secrets: dict[str, str]) -> list[str]:
    """The same for every file under a directory, and for the files' names."""
    found = []
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found += traces(f"name {name}", name.encode(), secrets)
        if path.is_file():
            found += traces(name, path.read_bytes(), secrets)
            found += [
                trace
                for place, text in _rows(path)
                for trace in traces(f"{name} {place}", text, secrets)
            ]
    return found


def _unpacked(where: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield where, content
    if content.startswith(_ZSTD):
        with zstandard.ZstdDecompressor().stream_reader(content) as stream:
            yield from _unpacked(f"{where} (zstd)", stream.read())
    elif content.startswith(_GZIP):
        yield from _unpacked(f"{where} (gzip)", gzip.decompress(content))


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """What databases and columnar files hold: one text per table or column."""
    with path.open("rb") as stream:
        magic = stream.read(len(_SQLITE))
    if magic.startswith(_PARQUET):
        table = pq.read_table(path)
        for name in table.column_names:
            yield name, repr(table[name].to_pylist()).encode()
    elif magic == _SQLITE:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            names = db.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (name,) in names:
                values = [v for row in db.execute(f'select * from "{name}"') for v in row]
                yield name, "\n".join(str(v) for v in values).encode()
                yield from ((name, v) for v in values if isinstance(v, bytes))
