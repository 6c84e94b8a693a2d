"""What all `Tokens` promise, and the attacks that they withstand."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from infra_ref.contract import Contract, Passing, rule, tool
from infra_ref.result import Err, Ok
from infra_ref.security.errors import TokenRefused, TokensUnavailable
from infra_ref.security.token_port import Caller, Tokens

ANN = Caller("ann", frozenset({"orders:read", "orders:write"}))
ACCESS, REFRESH, LEEWAY = 300, 3600, 30
"""Seconds, for which the bench makes its tokens."""


class TokensContract(Contract):
    """Access tokens live for 300 s, refresh tokens for 3,600; clocks may differ by 30."""

    port = Tokens
    elsewhere: Any = tool("a function that makes tokens as signed with the same key for another audience")
    forged: Any = tool("a function of header and claims that returns ways to sign them without the key")
    ahead: Any = tool("a function of seconds that makes the same tokens on a clock that is so far ahead")
    lose_store: Any = tool("a function that takes the store away")

    @rule("TOKEN-01", "an access token says who was let in, and what that one may do")
    async def checks(self, tokens: Tokens) -> None:
        pair = await tokens.issue(ANN)
        assert await tokens.check(pair.access) == Ok(ANN)
        nobody = Caller("bob")
        assert await tokens.check((await tokens.issue(nobody)).access) == Ok(nobody)

    @rule("TOKEN-02", "an expired token is refused")
    async def expires(self, tokens: Tokens, clock: Passing) -> None:
        pair = await tokens.issue(ANN)
        await clock.advance(ACCESS - 1)
        assert await tokens.check(pair.access) == Ok(ANN)
        await clock.advance(LEEWAY + 2)
        assert _refused(await tokens.check(pair.access))
        await clock.advance(REFRESH)
        assert _refused(await tokens.refresh(pair.refresh))

    @rule("TOKEN-03", "a clock that is a little ahead does no harm, one that is far ahead is refused")
    async def skew(self, tokens: Tokens, ahead: Any) -> None:
        near, far = await ahead(LEEWAY - 5).issue(ANN), await ahead(LEEWAY + 5).issue(ANN)
        assert await tokens.check(near.access) == Ok(ANN)
        assert _refused(await tokens.check(far.access))

    @rule("TOKEN-04", "a token for another audience is refused")
    async def audience(self, tokens: Tokens, elsewhere: Any) -> None:
        assert _refused(await tokens.check((await elsewhere().issue(ANN)).access))

    @rule("TOKEN-05", "a token of one kind is refused in place of the other")
    async def kinds(self, tokens: Tokens) -> None:
        pair = await tokens.issue(ANN)
        assert _refused(await tokens.check(pair.refresh))
        assert _refused(await tokens.refresh(pair.access))

    @rule("TOKEN-06", "a token that was cut off or changed anywhere is refused")
    async def changed(self, tokens: Tokens) -> None:
        access = (await tokens.issue(ANN)).access
        for place in range(0, len(access) - 1, 3):  # the last character has bits that no byte has
            other = "A" if access[place] != "A" else "B"
            assert _refused(await tokens.check(access[:place] + other + access[place + 1 :]))
            assert _refused(await tokens.check(access[:place]))

    @rule("TOKEN-07", "text that is no token is refused, and raises nothing")
    async def nonsense(self, tokens: Tokens) -> None:
        for text in (
            "",
            ".",
            "..",
            "...",
            "a.b.c",
            "e30.e30.",
            "bnVsbA.bnVsbA.",
            "\ud800",
            "é" * 9,
            "a" * 300_000,
        ):
            for ask in (tokens.check, tokens.refresh, tokens.revoke):
                assert _refused(await ask(text))

    @rule("TOKEN-08", "`alg: none` and any other way to sign without the key is refused")
    async def without_the_key(self, tokens: Tokens, forged: Any) -> None:
        header, claims = map(_part, (await tokens.issue(ANN)).access.split(".")[:2])
        for forgery in forged(header, claims | {"sub": "root"}):
            assert _refused(await tokens.check(forgery))

    @rule("TOKEN-09", "a refresh token buys one pair, which works")
    async def refreshes(self, tokens: Tokens) -> None:
        bought = await tokens.refresh((await tokens.issue(ANN)).refresh)
        assert isinstance(bought, Ok)
        assert await tokens.check(bought.value.access) == Ok(ANN)
        assert isinstance(await tokens.refresh(bought.value.refresh), Ok)

    @rule("TOKEN-10", "a refresh token that comes twice was stolen: the whole session ends")
    async def stolen(self, tokens: Tokens) -> None:
        first = await tokens.issue(ANN)
        bought = await tokens.refresh(first.refresh)
        assert isinstance(bought, Ok)
        assert _refused(await tokens.refresh(first.refresh))
        assert _refused(await tokens.check(bought.value.access))
        assert _refused(await tokens.refresh(bought.value.refresh))

    @rule("TOKEN-11", "after a revocation no token of the session is accepted, and those of others are")
    async def revokes(self, tokens: Tokens) -> None:
        pair, other = await tokens.issue(ANN), await tokens.issue(ANN)
        assert await tokens.revoke(pair.access) == Ok(None)
        assert _refused(await tokens.check(pair.access))
        assert _refused(await tokens.refresh(pair.refresh))
        assert await tokens.check(other.access) == Ok(ANN)

    @rule("TOKEN-12", "of 10 who refresh at once, at most one succeeds")
    async def at_once(self, tokens: Tokens) -> None:
        pair = await tokens.issue(ANN)
        bought = await asyncio.gather(*(tokens.refresh(pair.refresh) for _ in range(10)))
        assert sum(isinstance(one, Ok) for one in bought) <= 1

    @rule("TOKEN-13", "no refusal tells why")
    async def tells_nothing(self, tokens: Tokens, clock: Passing) -> None:
        old, revoked = await tokens.issue(ANN), await tokens.issue(ANN)
        await tokens.revoke(revoked.access)
        texts = ("nonsense", old.refresh, revoked.access, old.access[:-5])
        refused = [await tokens.check(text) for text in texts]
        await clock.advance(ACCESS + LEEWAY + 1)
        refused.append(await tokens.check(old.access))
        assert {(repr(one), str(one.error)) for one in refused if isinstance(one, Err)} == {
            (repr(Err(TokenRefused())), str(TokenRefused()))
        }

    @rule("TOKEN-14", "while it cannot be known whether a token was revoked, nobody is let in")
    async def closed(self, tokens: Tokens, lose_store: Any) -> None:
        pair = await tokens.issue(ANN)
        lose_store()
        asks: list[tuple[Any, str]] = [(tokens.check, pair.access), (tokens.refresh, pair.refresh)]
        for ask, token in [*asks, (tokens.revoke, pair.access)]:
            match await ask(token):
                case Err(TokensUnavailable() as error):
                    assert error.retryable
                case other:
                    raise AssertionError(f"let in: {other!r}")

    @rule("TOKEN-15", "a pair shows none of its tokens")
    async def hides(self, tokens: Tokens) -> None:
        pair = await tokens.issue(ANN)
        assert pair.access not in repr(pair)
        assert pair.refresh not in repr(pair)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the first two parts of a token, as they are signed."""
    parts = (urlsafe_b64encode(json.dumps(one).encode()) for one in (header, claims))
    return ".".join(part.decode().rstrip("=") for part in parts)


def _part(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _refused(answer: Any) -> bool:
    return isinstance(answer, Err) and isinstance(answer.error, TokenRefused)
