"""A peer that does as it is told: what it answers to which path, and what it was asked."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Fault: TypeAlias = Literal["hang", "cut", "reset", "half", "garbage", "drip"]
"""Send nothing; close at once; reset; close within the body; send what is not HTTP; a byte at a time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `delay` is in seconds, before its first byte; dripping takes that long for each byte."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay: float = 0.0
    fault: Fault | None = None


def says(data: Any, status: int = 200, **more: Any) -> Answer:
    """Return an answer with that data as JSON."""
    return Answer(status, json.dumps(data).encode(), **more)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the peer saw it; names of headers in lower case, `path` with its query."""

    method: str
    origin: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class PeerScript:
    """What a peer is to answer, and what it saw. It has two origins, and knows one where nobody listens."""

    def __init__(self, url: str, other_url: str, nobody_url: str) -> None:
        self.url, self.other_url, self.nobody_url = url, other_url, nobody_url
        self.seen: list[Seen] = []
        self.busy = 0
        """Exchanges under way, as the peer sees it."""
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these to the next calls of `path`, one each; the last one stays."""
        self._answers[path] = deque(answers)

    def next(self, seen: Seen) -> Answer:
        """Note the request, and return what to answer: 404 for a path that nobody told about."""
        self.seen.append(seen)
        answers = self._answers.get(seen.path.partition("?")[0])
        if not answers:
            return says({"error": "no such thing"}, 404)
        return answers.popleft() if len(answers) > 1 else answers[0]
