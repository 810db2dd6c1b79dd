"""From which versions of the lake the registered models were trained.

Belongs here: reading it from the runs. Does not belong here: recording it (train.py, job.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from stock_assets.errors import StorageCorrupt
from stock_assets.names import MODEL_NAME

if TYPE_CHECKING:
    from stock_assets.learning.mlflow_store import Tracking


def lake_versions_of_models(tracking: Tracking) -> dict[str, Mapping[str, int | None]]:
    """``model version 3`` to the Delta version of each table; every registered version.

    Raises:
        StorageUnavailable: the registry cannot be read.
        StorageCorrupt: a registered model does not say what it was made from.
    """
    from stock_assets.learning.mlflow_store import speaking_to_mlflow

    client = tracking.client
    found: dict[str, Mapping[str, int | None]] = {}
    token = None
    with speaking_to_mlflow("the model registry"):
        while True:
            page = client.search_model_versions(f"name = '{MODEL_NAME}'", page_token=token)
            for one in page:
                tags = client.get_run(one.run_id).data.tags
                found[f"model version {one.version}"] = _versions(one.version, tags)
            token = page.token
            if not token:
                return found


def _versions(model: str, tags: Mapping[str, str]) -> dict[str, int | None]:
    try:
        return {str(table): version for table, version in json.loads(tags["lake_versions"]).items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise StorageCorrupt(
            f"model version {model}",
            reason="its run does not say which versions of the lake it was trained from",
            next_action="delete that version from the registry if it is not needed any more",
        ) from error
