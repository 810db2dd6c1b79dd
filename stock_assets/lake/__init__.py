"""The lake: what we were told, when it could be known, when we stored it; nothing is rewritten.

Belongs here: appending and reading Delta tables, quarantine and replay, kept answers of vendors.
Does not belong here: what tables look like (tables/), who is asked (vendors/), Dagster.
"""

from stock_assets.lake.delta import Lake, TableSnapshot
from stock_assets.lake.loads import LoadResult, LoadSource, Rejected
from stock_assets.lake.payloads import PayloadStore
from stock_assets.lake.root import LakeRoot

__all__ = [
    "Lake",
    "LakeRoot",
    "LoadResult",
    "LoadSource",
    "PayloadStore",
    "Rejected",
    "TableSnapshot",
]
