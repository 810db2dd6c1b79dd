"""A home that is opened by a command to look into it, whoever it belongs to.

Belongs here: finding out whether a home holds the twin's or real data, and opening its lake so.
Does not belong here: asking vendors; such commands never do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stock_assets.errors import StorageUnavailable
from stock_assets.settings import Settings, read_settings

if TYPE_CHECKING:
    from stock_assets.lake import Lake


def open_home(home: Path | None) -> tuple[Settings, Lake]:
    """The settings and the lake of ``home`` (default: the settings' own).

    Raises:
        StorageUnavailable: nothing was ever stored there.
    """
    from stock_assets.lake.root import LakeRoot
    from stock_assets.resources import open_lake

    given = {} if home is None else {"home": home}
    settings = read_settings(**given)
    owner = LakeRoot.owner_at(settings.lake_root)
    if owner is None:
        raise StorageUnavailable(
            settings.lake_root,
            reason="there is no lake",
            next_action="name the right home with --home, or fill one: stock-assets demo",
        )
    settings = read_settings(**given, environment=owner)
    return settings, open_lake(settings)
