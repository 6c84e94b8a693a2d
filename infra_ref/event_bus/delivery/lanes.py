"""What one consumer has fetched and not settled: a lane for each key, first in, first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from itertools import islice

from infra_ref.event_bus.queue_port import Delivery


class Lanes:
    """Gives out a lane's messages together, and no more of that lane until all of these are settled.

    If not `in_order`, each message is a lane of its own.
    """

    def __init__(self, *, in_order: bool = True) -> None:
        self._in_order = in_order
        self._lanes: dict[str, deque[Delivery]] = {}
        self._lane_of: dict[str, str] = {}
        self._out: dict[str, set[str]] = {}
        self._ready: dict[str, None] = {}
        self._due: dict[str, float] = {}
        self._resting: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._lane_of)

    def __contains__(self, token: str) -> bool:
        return token in self._lane_of

    def add(self, delivery: Delivery) -> None:
        """Put it at the end of its lane."""
        name = delivery.message.key if self._in_order else delivery.token
        if name not in self._lanes:
            self._lanes[name] = deque()
            self._ready[name] = None
        self._lanes[name].append(delivery)
        self._lane_of[delivery.token] = name

    def take(self, limit: int, now: float) -> list[Delivery]:
        """Give out at most that many whose lanes are free and due."""
        while self._resting and self._resting[0][0] <= now:
            self._ready[heappop(self._resting)[1]] = None
        taken: list[Delivery] = []
        while self._ready and len(taken) < limit:
            name = next(iter(self._ready))
            del self._ready[name]
            given = list(islice(self._lanes[name], limit - len(taken)))
            self._out[name] = {delivery.token for delivery in given}
            taken += given
        return taken

    def is_out(self, token: str) -> bool:
        """Return whether it was given out and is not settled."""
        return token in self._out.get(self._lane_of.get(token, ""), ())

    def done(self, token: str) -> None:
        """Forget it."""
        lane = self._lanes[self._lane_of[token]]
        if lane[0].token == token:
            lane.popleft()
        else:
            lane.remove(next(one for one in lane if one.token == token))
        self._returned(self._lane_of.pop(token), token)

    def retry(self, token: str, due: float) -> None:
        """Give it again at that time, its attempt counted."""
        name = self._lane_of[token]
        lane = self._lanes[name]
        at = next(n for n, one in enumerate(lane) if one.token == token)
        lane[at] = replace(lane[at], attempt=lane[at].attempt + 1)
        self._due[name] = max(due, self._due.get(name, due))
        self._returned(name, token)

    def give_back(self, token: str) -> None:
        """Give it again as soon as its lane is free."""
        self._returned(self._lane_of[token], token)

    def next_due(self) -> float | None:
        """Return when the next lane has rested, None if none rests."""
        return self._resting[0][0] if self._resting else None

    def tokens(self) -> Iterator[str]:
        """Yield all that is held."""
        return iter(self._lane_of)

    def _returned(self, name: str, token: str) -> None:
        out = self._out[name]
        out.discard(token)
        if out:
            return
        del self._out[name]
        due = self._due.pop(name, None)
        if not self._lanes[name]:
            del self._lanes[name]
        elif due is None:
            self._ready[name] = None
        else:
            heappush(self._resting, (due, name))
