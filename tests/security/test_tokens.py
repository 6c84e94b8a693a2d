"""Tokens and their stores by their contracts, one that breaks each rule, and attacks with anything at all."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.result import Err, Ok
from infra_ref.security.contracts.token_store_contract import TokenStoreContract
from infra_ref.security.contracts.tokens_contract import ANN, TokensContract
from infra_ref.security.errors import Forbidden, StoreUnavailable, TokenRefused, TokensUnavailable
from infra_ref.security.jwt_tokens import JwtTokens, Lifetimes
from infra_ref.security.memory_token_store import MemoryTokenStore
from infra_ref.security.token_port import Caller, TokenPair
from tests.security import test_jwt_tokens_contract as ready
from tests.security import test_memory_token_store_contract as memory
from tests.security import test_redis_token_store_contract as fake
from tests.security.benches import ValkeyStoreBench

# For each rule one that breaks it


class LosesNames(JwtTokens):
    async def issue(self, caller: Any) -> Any:
        return await super().issue(caller if caller.scopes else Caller("nobody"))


class Expired(JwtTokens):
    """Takes what has expired, if it can read it by any clock."""

    def _read(self, token: str) -> Any:
        now, clock = super()._read(token), self._clock
        if now is None and clock.monotonic() > 310:
            self._clock = FakeClock()
            try:
                return super()._read(token)
            finally:
                self._clock = clock
        return now


class AnyClock(JwtTokens):
    def _read(self, token: str) -> Any:
        clock, self._clock = self._clock, Later(self._clock)
        try:
            return super()._read(token)
        finally:
            self._clock = clock


class Later(FakeClock):
    def __init__(self, clock: Any) -> None:
        super().__init__()
        self._elapsed = clock.monotonic() + 20


class AnyAudience(JwtTokens):
    def _read(self, token: str) -> Any:
        own = self._audience
        for self._audience in (own, "bank"):
            if (claims := super()._read(token)) is not None:
                break
        self._audience = own
        return claims


class AnyKind(JwtTokens):
    async def check(self, access: str) -> Any:
        claims = self._read(access)
        if claims and claims["use"] == "refresh" and isinstance(await self._accepted(access, "refresh"), Ok):
            return Ok(ANN)
        return await super().check(access)


class FirstPartOnly(JwtTokens):
    """Forgives a signature that is cut off by a little."""

    def _read(self, token: str) -> Any:
        self._known = getattr(self, "_known", set())
        if (claims := super()._read(token)) is not None:
            self._known.add(token)
        near = [one for one in self._known if one[:-6] == token[:-6] and one != token]
        return super()._read(near[0]) if near else claims

    async def issue(self, caller: Any) -> Any:
        pair = await super().issue(caller)
        self._read(pair.access)
        return pair


class Crashes(JwtTokens):
    def _read(self, token: str) -> Any:
        token.encode()
        return super()._read(token)


class TakesNone(JwtTokens):
    def _read(self, token: str) -> Any:
        if token.endswith("."):
            from infra_ref.security.contracts.tokens_contract import _part

            if (claims := _part(token.split(".")[1] or "bnVsbA")) and claims["sub"] == "root":
                return claims
        return super()._read(token)


class DeadRefresh(JwtTokens):
    async def refresh(self, refresh: str) -> Any:
        bought = await super().refresh(refresh)
        if isinstance(bought, Ok) and not hasattr(self, "_bought"):
            self._bought = True
            return Ok(TokenPair(bought.value.access + "x", bought.value.refresh))
        return bought


class ForgivesTheft(JwtTokens):
    async def refresh(self, refresh: str) -> Any:
        revoke = self._store.revoke
        self._store.revoke = _nothing  # type: ignore[method-assign]
        try:
            return await super().refresh(refresh)
        finally:
            self._store.revoke = revoke  # type: ignore[method-assign]


async def _nothing(*_: Any, **__: Any) -> None:
    """Revoke nothing."""


class ForgetsRevocation(JwtTokens):
    async def check(self, access: str) -> Any:
        claims = self._read(access)
        revoked = claims is not None and claims["use"] == "access" and await self._revoked(claims)
        return Ok(ANN) if revoked and not hasattr(self, "_refreshed") else await super().check(access)

    async def _revoked(self, claims: Any) -> bool:
        try:
            return await self._store.is_revoked(claims["sid"])
        except StoreUnavailable:
            return False

    async def refresh(self, refresh: str) -> Any:
        self._refreshed = True
        return await super().refresh(refresh)


class SellsTwice(JwtTokens):
    """Looks first and marks later, as one does without an atomic step."""

    async def refresh(self, refresh: str) -> Any:
        import asyncio

        bought = await super().refresh(refresh)
        if isinstance(bought, Err) and isinstance(bought.error, TokenRefused) and self._busy:
            claims = self._read(refresh)
            if claims and claims["use"] == "refresh":
                return Ok(self._pair(claims["sub"], claims["scope"], claims["sid"]))
        self._busy = True
        await asyncio.sleep(0)
        self._busy = False
        return bought

    _busy = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Why(TokenRefused):
    why: str


class Tells(JwtTokens):
    async def check(self, access: str) -> Any:
        refused = await super().check(access)
        if isinstance(refused, Err) and access == "nonsense":
            return Err(Why(why="no token"))
        return refused


class LetsIn(JwtTokens):
    async def check(self, access: str) -> Any:
        checked = await super().check(access)
        return (
            Ok(ANN) if isinstance(checked, Err) and isinstance(checked.error, TokensUnavailable) else checked
        )


class Loud(TokenPair):
    def __repr__(self) -> str:
        return f"{self.access} {self.refresh}"


class Shows(JwtTokens):
    async def issue(self, caller: Any) -> Any:
        pair = await super().issue(caller)
        return Loud(pair.access, pair.refresh)


BROKEN: dict[str, type[JwtTokens]] = {
    "TOKEN-01": LosesNames,
    "TOKEN-02": Expired,
    "TOKEN-03": AnyClock,
    "TOKEN-04": AnyAudience,
    "TOKEN-05": AnyKind,
    "TOKEN-06": FirstPartOnly,
    "TOKEN-07": Crashes,
    "TOKEN-08": TakesNone,
    "TOKEN-09": DeadRefresh,
    "TOKEN-10": ForgivesTheft,
    "TOKEN-11": ForgetsRevocation,
    "TOKEN-12": SellsTwice,
    "TOKEN-13": Tells,
    "TOKEN-14": LetsIn,
    "TOKEN-15": Shows,
}


def test_each_rule_has_tokens_that_break_it() -> None:
    assert list(BROKEN) == [one.number for one in TokensContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_broken_tokens_break_just_their_rule(number: str) -> None:
    report = run(type("Held", (ready.TestSharedSecret,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


# Attacks with anything


@given(st.text())
def test_no_text_is_let_in_or_raises(text: str) -> None:
    tokens = JwtTokens(["k" * 32], issuer="a", audience="b", store=MemoryTokenStore())
    assert run(tokens.check(text)) == Err(TokenRefused())


NAMES = st.sampled_from(["iss", "aud", "sub", "sid", "jti", "use", "scope", "exp", "nbf", "iat"])
ANYTHING = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(st.dictionaries(NAMES, ANYTHING))
def test_claims_that_are_not_as_they_should_be_are_refused_though_signed(changed: dict[str, Any]) -> None:
    bench = ready.TestSharedSecret()
    clock = FakeClock()
    tokens = bench.make(clock)
    access = run(tokens.issue(ANN)).access
    good = tokens._read(access)
    bad = good | changed
    signed = jwt.encode({"alg": "HS256"}, bad, tokens._keys.keys[0], algorithms=["HS256"])
    checked = run(tokens.check(signed))
    if isinstance(checked, Ok):  # what was changed is as it may be
        assert all(isinstance(bad[name], str) for name in ("sub", "sid", "jti", "scope"))
        assert (bad["iss"], bad["use"]) == (good["iss"], "access")


def test_an_old_key_is_accepted_and_the_newest_signs() -> None:
    store = MemoryTokenStore()
    old, new = "o" * 32, "n" * 32

    def tokens(*keys: str) -> JwtTokens:
        return JwtTokens(keys, issuer="a", audience="b", store=store)

    async def rotated() -> None:
        before = (await tokens(old).issue(ANN)).access
        after = (await tokens(new, old).issue(ANN)).access
        assert await tokens(new, old).check(before) == Ok(ANN)
        assert await tokens(old).check(after) == Err(TokenRefused())
        assert await tokens(new).check(before) == Err(TokenRefused())

    run(rotated())


@pytest.mark.parametrize(
    ("keys", "algorithm"), [([], "HS256"), (["short"], "HS256"), (["swordfish" * 4], "Ed25519")]
)
def test_a_bad_key_says_what_to_write_and_is_not_quoted(keys: list[str], algorithm: Any) -> None:
    with pytest.raises(ValueError, match="key") as refused:
        JwtTokens(keys, issuer="a", audience="b", store=MemoryTokenStore(), algorithm=algorithm)
    assert "swordfish" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("failure", [Forbidden(scope="orders:write"), TokenRefused(), TokensUnavailable()])
def test_the_text_of_a_refusal_may_go_to_the_caller(failure: Any) -> None:
    assert "orders" not in str(failure)


# Where sessions are remembered


class TestValkeyTokenStore(ValkeyStoreBench, TokenStoreContract):
    """A real Valkey."""


class SpentTwice(MemoryTokenStore):
    async def spend(self, token_id: str, *, seconds: float) -> bool:
        import asyncio

        first = not self._remembers(f"spent {token_id}")
        await asyncio.sleep(0)
        self._remember(f"spent {token_id}", seconds)
        return first


class AllRevoked(MemoryTokenStore):
    async def is_revoked(self, session: str) -> bool:
        return any(name.startswith("revoked a") for name in self._until) and await super().is_revoked("a")


class OneShelf(MemoryTokenStore):
    async def spend(self, token_id: str, *, seconds: float) -> bool:
        return not await self.is_revoked(token_id) and await super().spend(token_id, seconds=seconds)


class NeverForgets(MemoryTokenStore):
    def _remembers(self, name: str) -> bool:
        return name in self._until


BROKEN_STORES: dict[str, type[MemoryTokenStore]] = {
    "STORE-01": SpentTwice,
    "STORE-02": AllRevoked,
    "STORE-03": OneShelf,
    "STORE-04": NeverForgets,
}


@pytest.mark.parametrize("number", BROKEN_STORES)
def test_a_broken_store_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (memory.TestMemoryTokenStore,), {"kind": BROKEN_STORES[number]}).verify())
    assert report.broken == (number,), report


def test_a_store_that_lets_the_vendors_error_through_breaks_the_last_rule() -> None:
    class Leaks(fake.TestRedisTokenStoreOnFakeredis):
        def make(self) -> Any:
            self._opened = super().make()
            return _Leaking(self._opened)

    report = run(Leaks.verify())
    assert report.broken == ("STORE-05",), report
    assert [*BROKEN_STORES, "STORE-05"] == [one.number for one in TokenStoreContract.rules()]


class _Leaking:
    def __init__(self, opened: Any) -> None:
        self._opened = opened

    async def __aenter__(self) -> Any:
        store = await self._opened.__aenter__()

        class Raw(type(store)):  # type: ignore[misc]
            async def is_revoked(self, session: str) -> bool:
                return bool(await self._client.exists(f"{self._namespace}:revoked:{session}"))

        store.__class__ = Raw
        return store

    async def __aexit__(self, *_: object) -> None:
        await self._opened.__aexit__(None, None, None)


def test_a_spent_token_is_known_as_long_as_clocks_that_differ_accept_it() -> None:
    clock = FakeClock()
    tokens = JwtTokens(
        ["k" * 43], issuer="shop", audience="api", store=MemoryTokenStore(clock=clock), clock=clock
    )

    async def story() -> Any:
        pair = await tokens.issue(ANN)
        assert isinstance(await tokens.refresh(pair.refresh), Ok)
        lifetimes = Lifetimes()
        await clock.advance(lifetimes.refresh + lifetimes.leeway / 2)
        return await tokens.refresh(pair.refresh)

    assert run(story()) == Err(TokenRefused())
