"""The assets: thin sentences, in the order in which data flows.

Belongs here: from what, with what, into what; and what people look at in the metadata.
Does not belong here: any thought that needs a branch or a loop (ingest/, learning/, warehouse/).
"""

import warnings

import dagster as dg

# Single-run backfills are why a range of sessions costs one request per ticker.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)
