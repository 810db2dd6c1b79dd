"""What the requests of one transport have cost so far.

Belongs here: counting. Does not belong here: what is allowed (budget.py), storing it (ingest/).
"""

from __future__ import annotations

from threading import Lock


class Meter:
    """Requests, errors, bytes and times of one transport since it was made. Thread-safe.

    A request is one try on the wire; those tried again count again. A feed reads the figures
    after its run; a transport that outlives the run is given a new meter before the next one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests = self._errors = self._bytes = self._answers = 0
        self._total_s = self._slowest_s = 0.0

    def __repr__(self) -> str:
        return f"Meter(requests={self.requests}, errors={self.errors}, bytes={self.bytes})"

    @property
    def requests(self) -> int:
        """Tries on the wire."""
        return self._requests

    @property
    def errors(self) -> int:
        """Tries that brought no answer to keep: nothing came, or a refusal came."""
        return self._errors

    @property
    def bytes(self) -> int:
        """Size of all bodies that came, refusals included, decompressed, bytes."""
        return self._bytes

    @property
    def slowest_s(self) -> float | None:
        """The longest time to an answer, seconds; None before the first."""
        return self._slowest_s if self._answers else None

    @property
    def mean_s(self) -> float | None:
        """The mean time to an answer, seconds; None before the first."""
        with self._lock:
            return self._total_s / self._answers if self._answers else None

    def received(self, size: int, seconds: float) -> None:
        """A whole answer came from the wire, whatever it says."""
        with self._lock:
            self._bytes += size
            self._answers += 1
            self._total_s += seconds
            self._slowest_s = max(self._slowest_s, seconds)

    def sent(self) -> None:
        """A request goes out."""
        with self._lock:
            self._requests += 1

    def failed(self) -> None:
        """The last request brought nothing that can be used."""
        with self._lock:
            self._errors += 1
