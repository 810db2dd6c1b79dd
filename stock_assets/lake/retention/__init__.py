"""Retention: what was kept long enough goes, and whatever old stays has a reason in words.

Belongs here: which kept answers, superseded hourly rows and replaced data files go, removing them,
the record of it (work.py plans and applies; this file is cheap to import).
Does not belong here: spans (settings), what models were trained from (learning/).

Three things may go, each only when nobody needs it:

- kept answers, when every load that names them is older than its kind's span;
- rows of hourly looks, all but the last of each day in New York and the last before each decision;
- data files that Delta replaced a week ago and that no recorded version holds.

History that a model needs is never touched: bars, actions, news, vintages, predictions, loads and
gaps lose no row.
"""

from stock_assets.lake.retention.kinds import KIND_OF, KINDS, Kind, Policy
from stock_assets.lake.retention.plan import Going, Plan, Staying

__all__ = ["KINDS", "KIND_OF", "Going", "Kind", "Plan", "Policy", "Staying"]
