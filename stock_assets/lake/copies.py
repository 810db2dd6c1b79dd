"""Local copies of a bucket's data files, for readers that open paths only.

Belongs here: fetching what is not here yet. Data files are written once under a name of their own
and never changed, so a copy is good for ever.
Does not belong here: knowing which files count (stored.py).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def copied(addresses: Sequence[str], folder: Path) -> list[str]:
    """Paths below ``folder`` of the files at ``addresses``, in the same order; each fetched once.

    Raises:
        OSError: a file cannot be read, or its copy not be written.
    """
    from pyarrow.fs import FileSystem, LocalFileSystem, copy_files

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for address in addresses:
        path = folder / address.rpartition("/")[2]
        if not path.exists():
            system, source = FileSystem.from_uri(address)
            draft = folder / f".{path.name}.{os.getpid()}"
            copy_files(
                source,
                str(draft),
                source_filesystem=system,
                destination_filesystem=LocalFileSystem(),
            )
            draft.replace(path)
        paths.append(str(path))
    return paths
