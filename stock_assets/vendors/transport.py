"""The transport: every request of every client goes through here.

Belongs here: who may be asked, how often, how long, what is tried again, where the bytes are
kept before anybody parses them, and that no secret is in anything said about it.
Does not belong here: one try on the wire (wire.py), what a status means (statuses.py), the shared
token bucket (budget.py), who is left alone for a while (breaker.py), what a vendor's answer
contains (one file per vendor).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from stock_assets.errors import (
    ContractError,
    PayloadError,
    RateLimited,
    SecurityError,
    StockAssetsError,
    VendorError,
    VendorOutage,
)
from stock_assets.vendors.addresses import Addresses, Vendor
from stock_assets.vendors.breaker import breaker_of
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.messages import Answer, Limits, Request
from stock_assets.vendors.meter import Meter
from stock_assets.vendors.redaction import Redactor
from stock_assets.vendors.statuses import NO_SUCH_PAGE, REDIRECTS, not_json, refusal
from stock_assets.vendors.wire import CurlWire, Garbled, Incoming, Outgoing, Wire

Capture = Callable[[bytes], str]

__all__ = ["Answer", "Limits", "Request", "Transport", "utc_now"]

_CREDENTIALS: Final = frozenset({"authorization", "cookie", "x-api-key", "x-finnhub-token"})


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Transport:
    """One vendor's door. Thread-safe; the budget is shared with other processes.

    ``meter`` holds what the requests have cost; put a new one there to count from nought.
    ``clock`` stamps answers, ``timer`` measures spans, ``sleep`` waits between tries, ``chance``
    draws jitter from 0 to 1: all four can be handed in by tests.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        capture: Capture,
        budget: Budget,
        redactor: Redactor,
        sandbox_url: str | None = None,
        limits: Limits | None = None,
        wire: Wire | None = None,
        clock: Callable[[], datetime] = utc_now,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.vendor, self.limits = vendor, limits or Limits()
        self.redactor, self.meter = redactor, Meter()
        self._addresses = Addresses(vendor, sandbox_url)
        self._capture, self._budget = capture, budget
        self._wire = wire or CurlWire(
            trust_env=sandbox_url is None, max_bytes=self.limits.max_bytes
        )
        self._clock, self._timer, self._sleep, self._chance = clock, timer, sleep, chance
        self._breaker = breaker_of(vendor.name, sandbox_url, budget.path.parent)

    @property
    def in_sandbox(self) -> bool:
        """Whether the twin answers instead of the vendor."""
        return self._addresses.in_sandbox

    @property
    def budget(self) -> Budget:
        """What may be asked, shared with all processes of this key."""
        return self._budget

    def refused(self, error: VendorError) -> VendorError:
        """Take note of a refusal that only the body tells, and hand it back to be raised.

        It counts as an error. Where it is a limit, everybody with this key waits as long as it
        says.
        """
        self.meter.failed()
        error.context.setdefault("vendor", self.vendor.name)
        if isinstance(error, RateLimited) and error.retry_after_s:
            self._budget.pause(error.retry_after_s)
        return error

    def send(self, request: Request) -> Answer:
        """Ask, and ask again where that can help, within the limits.

        Raises:
            SecurityError: the address, or one that the vendor redirects to, is not allowed.
            VendorError: the typed reason why there is no answer, with the number of attempts.
        """
        self._addresses.check(request.url)
        said = f"{request.method} {self.redactor.text(request.url)}"
        self._breaker.check(self._timer(), said)
        spent, attempts = 0.0, 0
        while True:
            attempts += 1
            self._budget.take()
            began = self._timer()
            self.meter.sent()
            try:
                answer = self._try(request, said, attempts, self.limits.deadline_s - spent)
            except VendorError as error:
                self.meter.failed()
                spent += self._timer() - began
                spent += self._before_another(error, request, attempts, spent)
            except StockAssetsError:
                self.meter.failed()
                raise
            else:
                self._breaker.reached()
                return answer

    def _try(self, request: Request, said: str, attempts: int, deadline_s: float) -> Answer:
        began = self._timer()
        try:
            incoming, url = self._carry(request, deadline_s)
            self.meter.received(len(incoming.body), self._timer() - began)
            # What is read is what is kept: a key that is echoed is in neither.
            incoming = replace(incoming, body=self.redactor.body(incoming.body))
            payload = self._capture(incoming.body) if request.keep else ""
            wrong = self._judge(request, said, incoming, payload, sent_on=url != request.url)
        except Garbled as error:
            if request.keep:
                error.context["payload"] = self._capture(self.redactor.body(error.unpacked))
            wrong = PayloadError(
                said, reason=error.reason, next_action=error.next_action, **error.context
            )
        except VendorError as error:
            error.value = said
            wrong = error
        except SecurityError as error:
            error.context.setdefault("vendor", self.vendor.name)
            raise
        if wrong:
            wrong.context |= {"vendor": self.vendor.name, "attempts": attempts}
            raise wrong from None
        return Answer(
            said,
            incoming.status,
            incoming.body,
            payload,
            self._clock(),
            attempts,
            url,
            incoming.headers,
        )

    def _judge(
        self, request: Request, said: str, incoming: Incoming, payload: str, *, sent_on: bool
    ) -> VendorError | None:
        known = {"payload": payload or None}
        if sent_on and incoming.status == NO_SUCH_PAGE and request.accept is not None:
            return VendorOutage(
                said,
                reason="it sent us to another address, where there is nothing (a login, a limit?)",
                next_action="run again later, with fewer requests per minute",
                status=incoming.status,
                **known,
            )
        if request.accept is not None and incoming.status not in request.accept:
            return refusal(said, incoming, self.redactor, advice=self.vendor.key_advice, **known)
        if request.json:
            return not_json(said, incoming.body, **known)
        return None

    def _carry(self, request: Request, deadline_s: float) -> tuple[Incoming, str]:
        """One try, following the vendor's own redirects; credentials stay with their host."""
        url, method, body, headers = request.url, request.method, request.body, request.headers
        end = self._timer() + deadline_s
        for _ in range(self.limits.redirects + 1):
            outgoing = Outgoing(
                method,
                self._addresses.reachable(url),
                headers,
                body,
                request.impersonate and not self.in_sandbox,
            )
            incoming = self._wire(outgoing, max(end - self._timer(), 0.05))
            location = incoming.header("Location")
            if incoming.status not in REDIRECTS or location is None:
                return incoming, url
            new = self._addresses.redirected(url, location)
            if self._addresses.host(new) != self._addresses.host(url):
                headers = {k: v for k, v in headers.items() if k.lower() not in _CREDENTIALS}
            if incoming.status <= 303:
                method, body = "GET", None
            url = new
        raise ContractError(
            self.redactor.text(url),
            reason=f"more than {self.limits.redirects} redirects",
            next_action="run again later; if it stays so, the vendor's addresses have changed",
            status=incoming.status,
        )

    def _before_another(
        self, error: VendorError, request: Request, attempts: int, spent: float
    ) -> float:
        """Wait before another try, or raise ``error`` because there is none. Returns the wait."""
        self._breaker.count(error, self._timer(), self.limits)
        wait = self._wait_after(error, attempts)
        limited = isinstance(error, RateLimited)
        if isinstance(error, RateLimited):
            # Everybody with this key waits, also when this call gives up.
            self._budget.pause(wait)
            error.retry_after_s = error.retry_after_s or wait
        allowed = request.attempts or self.limits.attempts
        if isinstance(error, PayloadError):
            allowed = min(allowed, 2)
        too_long = wait > self.limits.retry_after_cap_s
        late = not limited and spent + wait >= self.limits.deadline_s
        broken = self._breaker.is_open(self._timer())
        if not error.retryable or attempts >= allowed or too_long or late or broken:
            raise error from None
        if limited:
            return 0.0
        self._sleep(wait)
        return wait

    def _wait_after(self, error: VendorError, attempts: int) -> float:
        """What the vendor asks for, at least a growing pause with jitter, seconds."""
        limits = self.limits
        backoff = min(limits.backoff_cap_s, limits.backoff_s * 2.0 ** (attempts - 1))
        backoff *= 0.5 + self._chance()
        asked = error.context.get("retry_after_s")
        if isinstance(asked, float):
            return asked + backoff * 0.1
        if isinstance(error, RateLimited):
            return max(backoff, self._budget.interval_s)
        return backoff
