"""What an authenticating client promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.authentication_port import ApiKey, LoginFailed, OnBehalfOf, TokenSource
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    PLEASE,
    DecoratorContract,
    Inner,
    PeerFailed,
    at_once,
    cancel,
    failed,
    passing,
)
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.errors import Rejected, TimedOut
from infra_ref.gateway.port import HttpError, HttpOptions, Request
from infra_ref.result import Err, Ok, Result


class Tokens(TokenSource):
    """Gives `subject-1`, `subject-2` and so on, each after a second; or what `answer` is."""

    def __init__(self, clock: FakeClock, answer: Result[str, HttpError] | None = None) -> None:
        self._clock, self.answer = clock, answer
        self.asked: list[str] = []
        self.cancelled = 0

    async def fetch(self, subject: str) -> Result[str, HttpError]:
        """Note who asked, and answer."""
        self.asked.append(subject)
        number = self.asked.count(subject)
        try:
            await self._clock.sleep(1)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Ok(f"{subject}-{number}") if self.answer is None else self.answer


class Guard(Inner):
    """An inner client that answers 401 to any token but those in `good`."""

    def __init__(self, *good: str) -> None:
        super().__init__(self._judge)
        self.good = set(good)
        self.tokens: list[str] = []

    async def _judge(self, request: Request) -> Any:
        await asyncio.sleep(0)
        shown = request.options.authentication
        token = dict(shown.headers()).get("authorization", "").removeprefix("Bearer ") if shown else ""
        self.tokens.append(token)
        return ANSWER if token in self.good else failed(Rejected, status=401)


class AuthenticatedContract(DecoratorContract):
    """A token takes a second to fetch."""

    @rule("AUTH-01", "a call goes out with the token of its subject, fetched once")
    async def brings_token(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard("shop-1"), Tokens(clock)
        client = wrap(guard, tokens, subject="shop", clock=clock)
        assert [await passing(clock, client.send(PLEASE), 1) for _ in range(3)] == [ANSWER] * 3
        assert (tokens.asked, guard.tokens) == (["shop"], ["shop-1"] * 3)

    @rule("AUTH-02", "100 calls that meet 401 at once fetch one new token, and all succeed")
    async def one_refresh(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard("shop-1"), Tokens(clock)
        client = wrap(guard, tokens, subject="shop", clock=clock)
        await passing(clock, client.send(PLEASE), 1)
        guard.good = {"shop-2"}
        calls = at_once(client, 100)
        await clock.advance(2)
        assert all(call.done() for call in calls)
        assert {id(await call) for call in calls} == {id(ANSWER)}
        assert len(tokens.asked) == 2

    @rule("AUTH-03", "a second 401, with a new token, is LoginFailed")
    async def gives_up(self, wrap: Any, clock: FakeClock) -> None:
        guard = Guard()
        client = wrap(guard, Tokens(clock), subject="shop", clock=clock)
        failure(await passing(clock, client.send(PLEASE), 5), LoginFailed)
        assert guard.tokens == ["shop-1", "shop-2"]

    @rule("AUTH-04", "one user's token never serves another")
    async def apart(self, wrap: Any, clock: FakeClock) -> None:
        guard = Guard("ann-1", "bob-1")
        client = wrap(guard, Tokens(clock), clock=clock)
        users = ["ann", "bob"] * 20
        options = {user: HttpOptions(authentication=OnBehalfOf(user)) for user in users}
        calls = [asyncio.create_task(client.get(f"/{user}", options[user])) for user in users]
        await clock.advance(1)
        assert all(call.done() for call in calls)
        sent = {(call.url, getattr(call.options.authentication, "token", None)) for call in guard.calls}
        assert sent == {("/ann", "ann-1"), ("/bob", "bob-1")}

    @rule("AUTH-05", "no token is LoginFailed with the reason; that is not kept, and nothing is sent")
    async def no_token(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard(), Tokens(clock, failed())
        client = wrap(guard, tokens, subject="shop", clock=clock)
        for _ in range(2):
            error = failure(await passing(clock, client.send(PLEASE), 1), LoginFailed)
            assert isinstance(error.reason, PeerFailed)
        assert (len(tokens.asked), guard.calls) == (2, [])

    @rule("AUTH-06", "the first caller cancelled, the others still get the token")
    async def first_cancelled(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard("shop-1"), Tokens(clock)
        client = wrap(guard, tokens, subject="shop", clock=clock)
        calls = at_once(client, 3)
        await clock.advance(0.5)
        calls[0].cancel()
        await clock.advance(0.5)
        assert [call.done() and await call for call in calls[1:]] == [ANSWER] * 2
        assert len(tokens.asked) == 1

    @rule("AUTH-07", "all cancelled, the fetch is cancelled, and the next call begins a new one")
    async def all_cancelled(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard("shop-2"), Tokens(clock)
        client = wrap(guard, tokens, subject="shop", clock=clock)
        calls = at_once(client, 3)
        await clock.advance(0.5)
        cancel(calls)
        await clock.advance(0)
        assert tokens.cancelled == 1
        assert await passing(clock, client.send(PLEASE), 1) is ANSWER

    @rule("AUTH-08", "a call that brings its own authentication passes unchanged, 401 included")
    async def own(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard(), Tokens(clock)
        request = Request("GET", "/a", None, HttpOptions(authentication=ApiKey("k")))
        failure(await passing(clock, wrap(guard, tokens, clock=clock).send(request), 1), Rejected)
        assert (guard.calls == [request], tokens.asked) == (True, [])

    @rule("AUTH-09", "a token that does not come within the timeout is LoginFailed")
    async def bounded(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(Guard(), Tokens(clock), subject="shop", clock=clock)
        result: Result[Any, HttpError] = await passing(clock, client.get("/a", HttpOptions(timeout=0.5)), 0.5)
        assert isinstance(failure(result, LoginFailed).reason, TimedOut)

    @rule("AUTH-10", "answers other than 401 are given on as they are")
    async def others(self, wrap: Any, clock: FakeClock) -> None:
        refused: Err[Any] = failed(Rejected, status=403)
        client = wrap(Inner(refused), Tokens(clock), subject="shop", clock=clock)
        assert await passing(clock, client.send(PLEASE), 1) is refused

    @rule("AUTH-11", "a token that was refused is not sent again, also when no new one could be had")
    async def forgets(self, wrap: Any, clock: FakeClock) -> None:
        guard, tokens = Guard("shop-1"), Tokens(clock)
        client = wrap(guard, tokens, subject="shop", clock=clock)
        await passing(clock, client.send(PLEASE), 1)
        guard.good, tokens.answer = {"shop-3"}, failed(Rejected, status=400)
        failure(await passing(clock, client.send(PLEASE), 1), LoginFailed)
        tokens.answer = None
        assert await passing(clock, client.send(PLEASE), 1) is ANSWER
        assert guard.tokens == ["shop-1", "shop-1", "shop-3"]
