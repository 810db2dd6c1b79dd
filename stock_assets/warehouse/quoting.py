"""How values become SQL text where a statement takes no parameter.

Belongs here: quoting of names and of texts for DuckDB. Does not belong here: statements.
"""

from __future__ import annotations


def quoted_name(name: str) -> str:
    """An SQL identifier, whatever the name holds."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """An SQL string literal, whatever the text holds."""
    return "'" + text.replace("'", "''") + "'"
