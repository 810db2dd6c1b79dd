"""The session that brings charts of indices and currencies as they come.

Belongs here: stopping the client at a whole chart. Does not belong here: cookies, crumbs, refusals
(yahoo_session.py), what a chart means (yahoo_context_chart.py).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

from stock_assets.vendors.messages import OK, Answer, Request
from stock_assets.vendors.yahoo_session import Enough, YahooSession

_CHART: Final = "/v8/finance/chart/"


class ContextSession(YahooSession):
    """Hands a chart over unread: ``answers`` ends with it, and ``chart`` stays None."""

    def _send(self, request: Request) -> Answer:
        answer = super()._send(request)
        if answer.status in OK and unquote(urlsplit(request.url).path).startswith(_CHART):
            self.answers.append(answer)
            raise Enough
        return answer
