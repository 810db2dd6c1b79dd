"""Files that hold secrets, ``credentials.json`` and ``.env``: read only by their owner.

Belongs here: the file's mode, its shape, which names it may hold.
Does not belong here: what a secret is for (settings.py); in production secrets stand in the
environment and these files do not exist.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from stock_assets.errors import ConfigError

CREDENTIALS_FILE: Final = Path("credentials.json")
DOTENV_FILE: Final = Path(".env")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SECRET_LINE: Final = re.compile(
    r"^\s*(?:export\s+)?\w*(?:_KEY|_WEBHOOK)\s*=\s*\S", re.MULTILINE | re.IGNORECASE
)


def read_credentials(path: Path, allowed: Collection[str]) -> dict[str, str]:
    """The secrets in a JSON file by the names of their variables; nothing where there is no file.

    Raises:
        ConfigError: others may read the file, it is not an object of texts, or a name in it is
            none of ``allowed``. Values are never repeated.
    """
    if not path.is_file():
        return {}
    refuse_if_others_may_read(path)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise ConfigError(
            path,
            reason="not a JSON object of names and texts",
            next_action='write it as {"POLYGON_API_KEY": "…"}',
        )
    unknown = sorted(set(said) - set(allowed))
    if unknown:
        raise ConfigError(
            path,
            reason=f"holds {', '.join(unknown)[:200]}, which nobody asks for",
            next_action=f"use only {', '.join(sorted(allowed))}",
        )
    return said


def check_dotenv(path: Path) -> None:
    """Refuse a ``.env`` with secrets in it that others may read.

    Raises:
        ConfigError: naming the file and the cure.
    """
    if path.is_file() and _SECRET_LINE.search(path.read_text(encoding="utf-8", errors="replace")):
        refuse_if_others_may_read(path)


def refuse_if_others_may_read(path: Path) -> None:
    """A file with secrets belongs to its owner alone.

    Raises:
        ConfigError: group or others may read, write or execute it.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise ConfigError(
            path,
            reason=f"holds secrets, and its mode {mode:04o} lets others at it",
            next_action=f"chmod 600 {path.name}, and renew keys that others may have read",
        )
