"""`JwtTokens`: signed JSON web tokens, by the package `joserfc`."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, OKPKey

from infra_ref.clock import Clock, SystemClock
from infra_ref.result import Err, Ok, Result
from infra_ref.security.errors import StoreUnavailable, TokenRefused, TokensUnavailable
from infra_ref.security.token_port import Caller, CannotCheck, TokenPair, TokenStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds. `leeway` is how far the clocks of two machines may differ."""

    access: float = 300.0
    refresh: float = 14 * 24 * 3600.0
    leeway: float = 30.0


class JwtTokens:
    """`Tokens` signed with the first of `keys` and accepted by all of them.

    A key is text: 32 characters or more of a secret for `HS256`, a private key in PEM for
    `Ed25519`. `issuer` and `audience` name who signs and for whom; both are checked. Each check
    asks `store` whether the session was revoked; where that is not known, nobody is let in.

    Raises ValueError for no key, or one that is too short or no such key.
    """

    def __init__(
        self,
        keys: Sequence[str],
        *,
        issuer: str,
        audience: str,
        store: TokenStore,
        algorithm: Literal["HS256", "Ed25519"] = "HS256",
        lifetimes: Lifetimes | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._keys = KeySet([_key(one, algorithm) for one in keys])
        if not keys:
            raise ValueError("tokens need a key: secrets.token_urlsafe(32) makes one for HS256")
        self._issuer, self._audience = issuer, audience
        self._store, self._algorithm, self._clock = store, algorithm, clock or SystemClock()
        self._for = lifetimes or Lifetimes()
        # The store remembers for longer than any token of the session lives.
        self._keep = max(self._for.access, self._for.refresh) + 2 * self._for.leeway

    async def issue(self, caller: Caller) -> TokenPair:
        return self._pair(caller.subject, " ".join(sorted(caller.scopes)), secrets.token_urlsafe(16))

    async def check(self, access: str) -> Result[Caller, CannotCheck]:
        accepted = await self._accepted(access, "access")
        return accepted.map(lambda claims: Caller(claims["sub"], frozenset(claims["scope"].split())))

    async def refresh(self, refresh: str) -> Result[TokenPair, CannotCheck]:
        accepted = await self._accepted(refresh, "refresh")
        if isinstance(accepted, Err):
            return accepted
        claims = accepted.value
        spent: Result[Any, CannotCheck] = await _known(self._store.spend(claims["jti"], seconds=self._keep))
        if spent == Ok(False):  # it was spent before: one of two has stolen it
            spent = (await self.revoke(refresh)).and_then(lambda _: Err(TokenRefused()))
        return spent.map(lambda _: self._pair(claims["sub"], claims["scope"], claims["sid"]))

    async def revoke(self, token: str) -> Result[None, CannotCheck]:
        if (claims := self._read(token)) is None:
            return Err(TokenRefused())
        return await _known(self._store.revoke(claims["sid"], seconds=self._keep))

    def _pair(self, subject: str, scope: str, session: str) -> TokenPair:
        now = int(self._clock.now().timestamp())
        names = {"iss": self._issuer, "aud": self._audience, "sub": subject, "scope": scope, "sid": session}
        key = self._keys.keys[0]

        def signed(use: str, seconds: float) -> str:
            times = {"iat": now, "nbf": now, "exp": now + seconds}
            claims = names | times | {"use": use, "jti": secrets.token_urlsafe(16)}
            return jwt.encode({"alg": self._algorithm, "kid": key.kid}, claims, key, [self._algorithm])

        return TokenPair(signed("access", self._for.access), signed("refresh", self._for.refresh))

    async def _accepted(self, token: str, use: str) -> Result[dict[str, Any], CannotCheck]:
        claims = self._read(token)
        if claims is None or claims["use"] != use:
            return Err(TokenRefused())
        revoked = await _known(self._store.is_revoked(claims["sid"]))
        return Err(TokenRefused()) if revoked == Ok(True) else revoked.map(lambda _: claims)

    def _read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that is ours and valid now."""
        options: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._audience},
            **{name: {"essential": True} for name in ("jti", "exp", "nbf", "iat")},
        }
        now = int(self._clock.now().timestamp())
        rules = jwt.JWTClaimsRegistry(now=now, leeway=int(self._for.leeway), **options)
        try:
            # Without `algorithms` the token itself would choose how it is checked.
            claims = jwt.decode(token, self._keys, algorithms=[self._algorithm]).claims
            rules.validate(claims)
            texts = [claims.get(name) for name in ("sub", "sid", "use", "scope")]
        except (JoseError, ValueError, TypeError):  # the latter two of text that is no token at all
            return None
        return claims if all(isinstance(text, str) for text in texts) else None


async def _known(answer: Awaitable[T]) -> Result[T, TokensUnavailable]:
    try:
        return Ok(await answer)
    except StoreUnavailable as error:
        return Err(TokensUnavailable(cause=error))


def _key(text: str, algorithm: str) -> OctKey | OKPKey:
    if algorithm == "HS256":
        if len(text) < 32:
            raise ValueError("a key for HS256 has 32 characters or more: secrets.token_urlsafe(32) makes one")
        return OctKey.import_key(text)
    try:
        return OKPKey.import_key(text)
    except (JoseError, ValueError):
        raise ValueError("a key for Ed25519 is a private key in PEM: -----BEGIN PRIVATE KEY-----") from None
