"""Fields that a vendor has added: they are kept with the answer, not stored, and told of once.

Belongs here: the telling. Does not belong here: fields that are missing or have another name, which
break the contract (each vendor's parser).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Final

LOG: Final = logging.getLogger(__name__)

_SHOWN: Final = 10
_told: set[tuple[str, str, str]] = set()


def tell_of_new_fields(
    vendor: str, what: str, fields: Iterable[object], known: Collection[str]
) -> None:
    """Warn in the log of fields beyond the ``known`` ones, once per process and field."""
    named = {ascii(str(name))[1:-1][:40] for name in fields if name not in known}
    new = sorted(name for name in named if (vendor, what, name) not in _told)
    if new:
        _told.update((vendor, what, name) for name in new)
        LOG.warning(
            "%s: %s have fields that are new, and are kept with the answers only: %s",
            vendor,
            what,
            ", ".join(new[:_SHOWN]),
        )
