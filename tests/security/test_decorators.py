"""Authorisation and the encrypting cache by their contracts, and one that breaks each rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.contract import run
from infra_ref.failures import Refused
from infra_ref.result import Err, Ok
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.contracts.authorised_contract import AuthorisedContract, Vault
from infra_ref.security.contracts.encrypting_contract import EncryptingContract
from infra_ref.security.decorators.authorised import authorised
from infra_ref.security.decorators.encrypting_cache import EncryptingCache
from infra_ref.security.errors import Forbidden
from infra_ref.security.token_port import Caller
from tests.caching.benches import ValkeyBench
from tests.security import test_authorised_contract as guard
from tests.security import test_encrypting_cache_contract as hides

Decorate = Callable[..., Any]


# For each rule one that breaks it


class Guard:
    """The check, method by method, with hooks to break it at."""

    def __init__(self, inner: Any, needs: dict[str, Any], caller: Callable[[], Caller | None]) -> None:
        guarded = authorised(inner, needs=needs, caller=caller)
        self._guarded, self._vault = guarded, inner
        for name in needs:
            setattr(self, name, getattr(guarded, name))


def _subclass(change: Callable[[Guard], None]) -> Decorate:
    def decorate(inner: Any, *, needs: dict[str, Any], caller: Callable[[], Caller | None]) -> Any:
        guard = Guard(inner, needs, caller)
        change(guard)
        del guard._guarded, guard._vault
        return guard

    return decorate


def loses_keywords(guard: Guard) -> None:
    write = guard.write

    async def once(name: str, **_: Any) -> Any:
        return await write(name)

    guard.write = once


def raises_all(guard: Guard) -> None:
    read = guard.read

    async def loud(name: str) -> Any:
        match await read(name):
            case Err(Forbidden(scope="secret") as forbidden):
                raise Refused(forbidden)
            case other:
                return other

    guard.read = loud


def calls_first(guard: Guard) -> None:
    size, vault = guard.size, guard._vault

    def sized() -> Any:
        try:
            return size()
        except Refused:
            vault.size()
            raise

    guard.size = sized


def lets_nobody_in(guard: Guard) -> None:
    read = guard.read

    async def reads(name: str) -> Any:
        match await read(name):
            case Err(Forbidden(scope="read")):
                return Ok(name)
            case other:
                return other

    guard.read = reads


def forgets_what_is_left_out(inner: Any, *, needs: dict[str, Any], caller: Any) -> Any:
    return authorised(inner, needs={"write": None} | needs, caller=caller)


def forgives_names(inner: Any, *, needs: dict[str, Any], caller: Any) -> Any:
    return authorised(inner, needs={k: v for k, v in needs.items() if k != "wriet"}, caller=caller)


def asks_once(inner: Any, *, needs: dict[str, Any], caller: Callable[[], Caller | None]) -> Any:
    known: list[Caller | None] = []

    def first() -> Caller | None:
        known.append(caller())
        return next((one for one in known if one), None)

    return authorised(inner, needs=needs, caller=first)


class WayRound(Guard):
    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_vault"], name)


def way_round(inner: Any, *, needs: dict[str, Any], caller: Any) -> Any:
    return WayRound(inner, needs, caller)


BROKEN: dict[str, Decorate] = {
    "AUTHZ-01": _subclass(loses_keywords),
    "AUTHZ-02": _subclass(raises_all),
    "AUTHZ-03": _subclass(calls_first),
    "AUTHZ-04": _subclass(lets_nobody_in),
    "AUTHZ-05": forgets_what_is_left_out,
    "AUTHZ-06": forgives_names,
    "AUTHZ-07": asks_once,
    "AUTHZ-08": way_round,
}


def test_each_rule_has_a_decorator_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in AuthorisedContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_decorator_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (guard.TestAuthorised,), {"decorate": staticmethod(BROKEN[number])}).verify())
    assert report.broken == (number,), report


def test_a_port_of_ours_is_authorised_whole() -> None:
    cache = MemoryCache[int]()
    public = {name for name in dir(cache) if not name.startswith("_") and callable(getattr(cache, name))}
    needs = dict.fromkeys(public, "cache:write") | {"get": None, "exists": None}
    guarded = authorised(cache, needs=needs, caller=lambda: None)

    async def used() -> None:
        assert await guarded.get("a") is None
        with pytest.raises(Refused, match="may not"):
            await guarded.set("a", 1)

    run(used())


def test_a_guard_does_not_show_what_it_guards() -> None:
    guarded = authorised(
        Vault(),
        needs={"read": "r", "peek": "r", "write": "w", "all": "r", "size": None},
        caller=lambda: None,
    )
    assert repr(guarded) == "authorised(Vault)"


# The encrypting cache: a cache like any other, and one that hides


class TestEncryptingValkey(ValkeyBench, DistributedCacheContract):
    """On a real Valkey, which can be taken away."""

    def dress(self, cache: Any, clock: Any) -> Any:
        return EncryptingCache(cache, sealer=AeadSealer([b"k" * 32]), codec=JsonCodec())


class Plain(EncryptingCache[Any]):
    def _sealed(self, key: str, value: Any) -> str:
        return super()._sealed(key, value) + ("" if key != "user:1" or value == "ann" else f" {value}")

    def _opened(self, key: str, text: Any) -> Any:
        return super()._opened(key, text.partition(" ")[0] if isinstance(text, str) else text)


class Movable(EncryptingCache[Any]):
    def _sealed(self, key: str, value: Any) -> str:
        return super()._sealed("", value)

    def _opened(self, key: str, text: Any) -> Any:
        return super()._opened("", text)


class Trusting(EncryptingCache[Any]):
    def _opened(self, key: str, text: Any) -> Any:
        return (text,) if text == "plain" else super()._opened(key, text)


class KeepsACopy(EncryptingCache[Any]):
    copies: dict[int, dict[str, Any]] = {}  # noqa: RUF012

    def _sealed(self, key: str, value: Any) -> str:
        text = super()._sealed(key, value)
        self.copies.setdefault(id(self.inner), {})[text] = value
        return text

    def _opened(self, key: str, text: Any) -> Any:
        known = self.copies.get(id(self.inner), {})
        return (
            (known[text],)
            if key == "a" and isinstance(text, str) and text in known
            else super()._opened(key, text)
        )


class NewestOnly(EncryptingCache[Any]):
    def __init__(self, inner: Any, *, sealer: Any, codec: Any) -> None:
        super().__init__(inner, sealer=sealer, codec=codec)
        sealer._keys = {sealer._newest: sealer._keys[sealer._newest]}


BROKEN_CACHES: dict[str, type[EncryptingCache[Any]]] = {
    "ENC-01": Plain,
    "ENC-02": Movable,
    "ENC-03": Trusting,
    "ENC-04": KeepsACopy,
    "ENC-05": NewestOnly,
}


def test_each_rule_has_a_cache_that_breaks_it() -> None:
    assert list(BROKEN_CACHES) == [one.number for one in EncryptingContract.rules()]


@pytest.mark.parametrize("number", BROKEN_CACHES)
def test_a_broken_cache_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (hides.TestHides,), {"kind": BROKEN_CACHES[number]}).verify())
    assert report.broken == (number,), report
