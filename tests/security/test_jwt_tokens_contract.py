"""`JwtTokens` keep every rule of their contract, with a shared secret and with a pair of keys."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from infra_ref.clock import FakeClock
from infra_ref.security.contracts.tokens_contract import LEEWAY, TokensContract, unsigned
from infra_ref.security.errors import StoreUnavailable
from infra_ref.security.jwt_tokens import JwtTokens, Lifetimes
from infra_ref.security.memory_token_store import MemoryTokenStore


class Away:
    """A token store that does not answer."""

    async def spend(self, token_id: str, *, seconds: float) -> bool:
        raise StoreUnavailable("away")

    async def revoke(self, session: str, *, seconds: float) -> None:
        raise StoreUnavailable("away")

    async def is_revoked(self, session: str) -> bool:
        raise StoreUnavailable("away")


class TestSharedSecret(TokensContract):
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


class TestPublicKey(TestSharedSecret):
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
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[algorithm])


def _hmac(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = unsigned(header, claims)
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
