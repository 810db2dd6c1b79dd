"""What each feed asks of whom: clients made from settings, and one question per subject and days.

Belongs here: opening a vendor's door and client with our terms (doors.py, clients.py), the subjects
of a feed and the step from a client's answer to rows by table (source.py, and one module per kind
of feed), a feed put together (supply.py). Does not belong here: how a vendor is spoken to
(vendors/), what is asked again and what is kept (ingest/).
"""

from stock_assets.suppliers.clients import open_alpha_vantage, open_polygon, open_yahoo
from stock_assets.suppliers.doors import (
    Allowance,
    allowance,
    check_environment,
    is_vendor,
    open_transport,
    reach,
)
from stock_assets.suppliers.policy import open_fed
from stock_assets.suppliers.supply import BY_SUBJECT, Supply, open_supply

__all__ = [
    "BY_SUBJECT",
    "Allowance",
    "Supply",
    "allowance",
    "check_environment",
    "is_vendor",
    "open_alpha_vantage",
    "open_fed",
    "open_polygon",
    "open_supply",
    "open_transport",
    "open_yahoo",
    "reach",
]
