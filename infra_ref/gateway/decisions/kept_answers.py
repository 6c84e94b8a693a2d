"""Answers that are kept to be given again: in memory, those asked for last, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra_ref.gateway.decisions.asking import Asked

VARIANTS = 8
"""Answers kept of one request that differ by what they Vary on; the oldest goes first."""

OVERHEAD = 500
"""Bytes that are counted for an entry and for each answer in it besides texts and body."""


@dataclass(slots=True)
class Kept:
    """One answer. `varied` are the request headers it depends on, with what they were.

    It was `age_then` seconds old at `since`, a moment by a monotonic clock. It
    may be given as it is until it is `given_below` whole seconds old.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    varied: Mapping[str, str | None] = field(repr=False)
    age_then: float
    since: float
    given_below: int = 0

    def age(self, now: float) -> int:
        """Return its age in whole seconds."""
        return int(self.age_then + (now - self.since))

    def holds(self, now: float) -> bool:
        """Return whether it may be given as it is."""
        return self.age(now) < self.given_below

    def serves(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request with these headers would have been answered so."""
        return not self.varied or all(headers.get(name) == was for name, was in self.varied.items())

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        texts = sum(len(name) + len(text) for name, text in self.headers.items())
        return OVERHEAD + len(self.body) + texts + sum(len(text or "") for text in self.varied.values())


@dataclass(slots=True)
class _Entry:
    url: str = field(repr=False)
    answers: tuple[Kept, ...]
    size: int


class KeptAnswers:
    """About `max_bytes` at most, of `max_entries` requests at most; what was asked for longest ago goes.

    They are those of one client: another may mean another peer by `/a`. With
    `shared`, what is private or was asked for by somebody is kept only where the
    peer allows a shared cache to (RFC 9111, section 3.5); without, it is: for a
    client of one user, or of users that its requests tell apart.
    """

    def __init__(
        self, *, shared: bool = True, max_bytes: int = 64 * 1024 * 1024, max_entries: int = 10_000
    ) -> None:
        if max_bytes < 1 or max_entries < 1:
            raise ValueError("max_bytes and max_entries are 1 or more")
        self.shared = shared
        self._max_bytes, self._max_entries = max_bytes, max_entries
        self._entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()
        self._of_url: dict[str, set[tuple[object, ...]]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return sum(len(entry.answers) for entry in self._entries.values())

    @property
    def bytes(self) -> int:
        """About how many bytes are kept."""
        return self._bytes

    def find(self, asked: Asked) -> Kept | None:
        """Return the newest answer that serves it by its headers, fresh or not."""
        entry = self._entries.get(asked.key)
        if entry is None:
            return None
        self._entries.move_to_end(asked.key)
        return next((kept for kept in entry.answers if kept.serves(asked.headers)), None)

    def is_barren(self, asked: Asked) -> bool:
        """Return whether the last answer to it could not be kept, and no other is."""
        entry = self._entries.get(asked.key)
        return entry is not None and not entry.answers

    def put(self, asked: Asked, kept: Kept | None) -> None:
        """Keep it in place of what served that before; None remembers that there is nothing to keep."""
        before = self._drop(asked.key)
        others = (one for one in before if not one.serves(asked.headers))
        answers = (*((kept,) if kept else ()), *others)[:VARIANTS]
        size = OVERHEAD + 2 * len(asked.url) + sum(one.size for one in answers)
        if size > self._max_bytes:
            return
        self._entries[asked.key] = _Entry(asked.url, answers, size)
        self._of_url.setdefault(asked.url, set()).add(asked.key)
        self._bytes += size
        while self._bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self._drop(next(iter(self._entries)))

    def forget(self, url: str) -> None:
        """Drop all that is kept of that URL, whoever asked and how."""
        for key in tuple(self._of_url.get(url, ())):
            self._drop(key)

    def _drop(self, key: tuple[object, ...]) -> tuple[Kept, ...]:
        entry = self._entries.pop(key, None)
        if entry is None:
            return ()
        self._bytes -= entry.size
        of_url = self._of_url[entry.url]
        of_url.discard(key)
        if not of_url:
            del self._of_url[entry.url]
        return entry.answers
