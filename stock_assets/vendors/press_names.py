"""A company's listed name as the press writes it.

Belongs here: what a listing adds to a name: the legal form, the class of its shares.
Does not belong here: how articles are found (newsapi.py).
"""

from __future__ import annotations

import re
from typing import Final

_SHARES: Final = re.compile(
    r"[\s,]+(?:-\s*)?(?:class\s+[A-Z]\b.*|series\s+[A-Z]\b.*|(?:common|ordinary|capital)\s+"
    r"(?:stock|shares?)\b.*|shares\s+of\s+beneficial\s+interest\b.*|american\s+depositary\b.*"
    r"|\(?(?:the|new|de|delaware|ireland)\)?)$",
    re.IGNORECASE,
)
_FORM: Final = re.compile(
    r"[\s,]+(?:inc|incorporated|corp|corporation|co|company|companies|cos|plc|ltd|limited|llc|lp"
    r"|l\.p|n\.?v|s\.?a|s\.?e|ag|holdings?|group)\.?$",
    re.IGNORECASE,
)


def press_name(listed: str) -> str:
    """``Apple Inc. Common Stock`` as ``Apple``; a name that is nothing but such words stays whole.

    >>> press_name("Berkshire Hathaway Inc. Class B")
    'Berkshire Hathaway'
    """
    name = " ".join(listed.split()).removeprefix("The ")
    for ending in (_SHARES, _FORM):
        while (shorter := ending.sub("", name).rstrip(" ,&")) not in ("", name):
            name = shorter
    return name
