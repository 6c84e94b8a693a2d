"""A server that answers as scripted, and records what it received: the other end of a client under test."""

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


def json_answer(data: Any, status: int = 200, **more: Any) -> Answer:
    """Return an answer with that data as JSON."""
    return Answer(status, json.dumps(data).encode(), **more)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as the server received it; names of headers in lower case, `path` with its query."""

    method: str
    origin: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """What to answer, and what was received. It has two origins; at `nowhere` nothing listens."""

    def __init__(self, url: str, other_url: str, nowhere: str) -> None:
        self.url, self.other_url, self.nowhere = url, other_url, nowhere
        self.received: list[ReceivedRequest] = []
        self.busy = 0
        """Exchanges under way, as the server sees it."""
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these to the next calls of `path`, one each; the last one stays."""
        self._answers[path] = deque(answers)

    def next(self, request: ReceivedRequest) -> Answer:
        """Record the request and return what to answer: 404 for a path without a script."""
        self.received.append(request)
        answers = self._answers.get(request.path.partition("?")[0])
        if not answers:
            return json_answer({"error": "no such thing"}, 404)
        return answers.popleft() if len(answers) > 1 else answers[0]
