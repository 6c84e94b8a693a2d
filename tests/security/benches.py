"""Where tokens, stores and encrypting caches are made for the contracts."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakeredis import FakeAsyncRedis, FakeServer
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.clock import FakeClock
from infra_ref.contract import Contract
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.contracts.tokens_contract import LEEWAY, unsigned
from infra_ref.security.decorators.encrypting_cache import EncryptingCache
from infra_ref.security.errors import StoreUnavailable
from infra_ref.security.jwt_tokens import JwtTokens, Lifetimes
from infra_ref.security.memory_token_store import MemoryTokenStore
from infra_ref.security.redis_token_store import RedisTokenStore
from tests.servers.faulty_wire import faulty_wire


class Away:
    """A token store that does not answer."""

    async def spend(self, token_id: str, *, seconds: float) -> bool:
        raise StoreUnavailable("away")

    async def revoke(self, session: str, *, seconds: float) -> None:
        raise StoreUnavailable("away")

    async def is_revoked(self, session: str) -> bool:
        raise StoreUnavailable("away")


class JwtBench(Contract):
    """Tokens on a fake clock, signed by `sign`."""

    kind: Any = JwtTokens
    algorithm: Any = "HS256"

    def key(self) -> str:
        return secrets.token_urlsafe(32)

    def make(self, clock: FakeClock) -> Any:
        self._key, self._store = self.key(), MemoryTokenStore(clock=clock)
        self.tokens = self._tokens(clock)
        return self.tokens

    def _tokens(self, clock: FakeClock, audience: str = "shop") -> Any:
        return self.kind(
            [self._key],
            issuer="https://login.test",
            audience=audience,
            store=self._store,
            algorithm=self.algorithm,
            lifetimes=Lifetimes(access=300, refresh=3600, leeway=LEEWAY),
            clock=clock,
        )

    def elsewhere(self) -> Any:
        return self._tokens(self.clock, audience="bank")

    def ahead(self, seconds: float) -> Any:
        ahead = FakeClock()
        ahead._elapsed = self.clock.monotonic() + seconds
        return self._tokens(ahead)

    def lose_store(self) -> None:
        self.tokens._store = Away()

    def forged(self, header: dict[str, Any], claims: dict[str, Any]) -> list[str]:
        names = ("none", "None", "NONE", "nOnE", "", None)
        forged = [unsigned(header | {"alg": name}, claims) + "." for name in names]
        forged.append(unsigned({k: v for k, v in header.items() if k != "alg"}, claims) + ".")
        own = OctKey.import_key(secrets.token_urlsafe(32))
        forged.append(_signed(header | {"alg": "HS256"}, claims, own, "HS256"))
        # Its own key, offered in the header.
        forged.append(_signed(header | {"alg": "HS256", "jwk": own.as_dict()}, claims, own, "HS256"))
        forged.append(unsigned(header | {"crit": ["exp"]}, claims) + "." + forged[-1].split(".")[2])
        return forged


class Ed25519Bench(JwtBench):
    algorithm: Any = "Ed25519"

    def key(self) -> str:
        private = Ed25519PrivateKey.generate()
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def forged(self, header: dict[str, Any], claims: dict[str, Any]) -> list[str]:
        public = OKPKey.import_key(self._key).as_pem(private=False)
        confused = [
            # The public key, which everyone has, taken for a shared secret.
            _hmac(header | {"alg": "HS256"}, claims, secret)
            for secret in (public, public.strip(), OKPKey.import_key(self._key).as_der(private=False))
        ]
        return super().forged(header, claims) + confused


def _signed(header: dict[str, Any], claims: dict[str, Any], key: Any, algorithm: str) -> str:
    import json

    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[algorithm])


def _hmac(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    import hashlib
    import hmac
    from base64 import urlsafe_b64encode

    signed = unsigned(header, claims)
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


class ValkeyStoreBench(Contract):
    """A token store on a real Valkey, at the end of a wire that can be cut."""

    @pytest.fixture(autouse=True)
    def _at(self, valkey: Path, tmp_path: Path) -> None:
        self.socket, self.wire_path = valkey, tmp_path / "w"

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        to_server = lambda: asyncio.open_unix_connection(self.socket)  # noqa: E731
        async with faulty_wire(self.wire_path, to_server) as self.wire:
            pool = BlockingConnectionPool(
                connection_class=UnixDomainSocketConnection,
                path=str(self.wire_path),
                max_connections=20,
                timeout=1,
            )
            client = Redis.from_pool(pool)
            try:
                yield RedisTokenStore(client, namespace=f"infra_ref/test/{secrets.token_hex(4)}", timeout=1.0)
            finally:
                await client.aclose()

    @property
    def outage(self) -> Any:
        return self.wire


class FakeRedisStoreBench(Contract):
    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        self.server = FakeServer()
        client = FakeAsyncRedis(server=self.server)
        try:
            yield RedisTokenStore(client, namespace="test")
        finally:
            await client.aclose()

    @property
    def outage(self) -> Any:
        bench = self

        class Outage:
            async def cut(self) -> None:
                bench.server.connected = False

            async def restore(self) -> None:
                bench.server.connected = True

        return Outage()


class EncryptingBench(Contract):
    """An encrypting cache around one in memory."""

    lacks: ClassVar = {}

    def dress(self, inner: Any, clock: FakeClock | None) -> Any:
        self.key = secrets.token_bytes(32)
        self.inner = inner
        return self._with(self.key)

    def _with(self, *keys: bytes) -> Any:
        return EncryptingCache(self.inner, sealer=AeadSealer(keys), codec=JsonCodec())

    def make(self, clock: FakeClock) -> Any:
        return self.dress(MemoryCache(clock=clock), clock)

    def rotated(self) -> Any:
        return self._with(secrets.token_bytes(32), self.key)

    def stranger(self) -> Any:
        return self._with(secrets.token_bytes(32))
