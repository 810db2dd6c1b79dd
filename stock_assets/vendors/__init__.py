"""How we speak to suppliers: one transport for all, then one file per vendor and a few neighbours.

Belongs here: requests, answers, the vendors' spellings and units, and the step from an answer's
bytes to rows as ``tables/`` declares them.
Does not belong here: storing anything (lake/), which bars are missing (ingest/), Dagster.
"""
