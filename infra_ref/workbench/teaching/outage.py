"""An outage that can be steered: users who keep asking, a peer that is down for a while, and what it gets.

    outage = Outage(users=20, down=30, capacity=30)
    await outage.traffic(lambda inner, clock: RetryingHttpClient(inner, clock=clock))

With a `capacity` the peer can be overloaded: a second with more requests than that
fails, and so does the next one, as for a server that is busy with what nobody waits for.

On a fake clock: a minute of it passes in a moment, and always the same.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from infra_ref.clock import FakeClock
from infra_ref.gateway.errors import ServerFailed
from infra_ref.gateway.port import HttpClient, HttpError, Request, Response
from infra_ref.result import Err, Ok, Result
from infra_ref.workbench.teaching.svg import TINT, box, line, picture, text

Wrap: TypeAlias = Callable[[HttpClient, FakeClock], HttpClient]
"""Makes the client that the users have, around the one that reaches the peer."""

BAR, TALL, LEFT, BELOW = 9.0, 120.0, 40.0, 34.0


class Peer(HttpClient):
    """Fails while it is down or overloaded; counts what it is sent, and what it answers, in each second."""

    def __init__(self, clock: FakeClock, down: float, seconds: int, capacity: int | None) -> None:
        self._clock, self._down = clock, down
        self._capacity = math.inf if capacity is None else capacity
        self.requests, self.answered = [0] * seconds, [0] * seconds

    async def send(self, request: Request) -> Result[Response, HttpError]:
        """Answer at once."""
        second = int(self._clock.monotonic())
        if second < len(self.requests):
            self.requests[second] += 1
        if self._clock.monotonic() < self._down or self._overloaded(second):
            return Err(ServerFailed.of(request, status=503))
        if second < len(self.answered):
            self.answered[second] += 1
        return Ok(Response(200, {}, b"", None))

    def _overloaded(self, second: int) -> bool:
        return any(requests > self._capacity for requests in self.requests[max(0, second - 1) : second + 1])


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a peer got in each second, and what the calls came to, by name."""

    title: str
    requests: tuple[int, ...]
    results: dict[str, int]
    down: float
    answered: tuple[int, ...] = ()
    scale: int = 0
    """What the tallest bar of the picture stands for, at least, so that pictures can be compared."""

    @property
    def total(self) -> int:
        """All requests together."""
        return sum(self.requests)

    @property
    def worst(self) -> int:
        """The most in one second."""
        return max(self.requests)

    def __repr__(self) -> str:
        tens = [sum(self.requests[at : at + 10]) for at in range(0, len(self.requests), 10)]
        return f"{self.title}: {self.total} requests, by ten seconds {tens}; {self._told}"

    @property
    def answered_late(self) -> int:
        """What was answered once the peer was up again."""
        return sum(self.answered[int(self.down) :])

    @property
    def _told(self) -> str:
        return ", ".join(f"{number} {name}" for name, number in sorted(self.results.items()))

    def _repr_html_(self) -> str:
        width, floor = LEFT + BAR * len(self.requests) + 20, TALL + 30
        shapes = [text(LEFT, 16, f"{self.title}: {self.total} requests; {self._told}")]
        shapes.append(
            box(LEFT, 26, BAR * self.down, TALL + 4, more=f"fill='{TINT['raised']}' fill-opacity='0.15'")
        )
        most = max(self.worst, self.scale, 1)
        for at, number in enumerate(self.requests):
            for count, colour in ((number, TINT["raised"]), (self.answered[at], TINT["returned"])):
                high = TALL * count / most
                shapes.append(box(LEFT + BAR * at, floor - high, BAR - 1, high, more=f"fill='{colour}'"))
        shapes.append(line(LEFT, floor, width - 20, floor))
        shapes.append(text(LEFT - 6, floor - TALL + 8, str(most), anchor="end"))
        shapes += [text(LEFT + BAR * at, floor + 18, f"{at} s") for at in range(0, len(self.requests), 10)]
        description = f"Requests in each second: {', '.join(map(str, self.requests))}"
        return picture(width, floor + BELOW, self.title, description, shapes)


@dataclass(frozen=True, slots=True)
class Outage:
    """`users` call each second for `seconds`; the peer is down for the first `down` of them.

    `capacity` is what it can take in a second (None: anything), `scale` the least height of the pictures.
    """

    users: int = 20
    seconds: int = 60
    down: float = 30.0
    capacity: int | None = None
    scale: int = 0

    async def traffic(self, wrap: Wrap, title: str = "traffic") -> Traffic:
        """Let it happen, and return what the peer got. Calls still open at the end are counted as such."""
        clock = FakeClock()
        peer = Peer(clock, self.down, self.seconds, self.capacity)
        client = wrap(peer, clock)
        calls: list[asyncio.Task[Result[Response, HttpError]]] = []
        for _ in range(self.seconds):
            calls += [asyncio.create_task(client.get("http://shop.test/")) for _ in range(self.users)]
            await clock.advance(1)
        results = Counter(_name(call) for call in calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        requests, answered = tuple(peer.requests), tuple(peer.answered)
        return Traffic(title, requests, dict(results), self.down, answered, self.scale)


def _name(call: asyncio.Task[Result[Response, HttpError]]) -> str:
    if not call.done():
        return "still waiting"
    result = call.result()
    return "Ok" if isinstance(result, Ok) else type(result.error).__name__
