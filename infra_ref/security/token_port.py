"""The ports of tokens: who was let in, for how long, and how that ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from infra_ref.result import Result
from infra_ref.security.errors import TokenRefused, TokensUnavailable


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what that one may do."""

    subject: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TokenPair:
    """`access` goes with each request, `refresh` buys the next pair, once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


CannotCheck: TypeAlias = TokenRefused | TokensUnavailable


class Tokens(Protocol):
    """Issues tokens and knows its own. All pairs that come of one `issue` are a session."""

    async def issue(self, caller: Caller) -> TokenPair:
        """Begin a session."""
        ...

    async def check(self, access: str) -> Result[Caller, CannotCheck]:
        """Return who presents this access token."""
        ...

    async def refresh(self, refresh: str) -> Result[TokenPair, CannotCheck]:
        """Return the next pair of the session.

        A refresh token works once. Presented again, one of two has stolen it, so the whole
        session is revoked (RFC 9700, section 4.14.2).
        """
        ...

    async def revoke(self, token: str) -> Result[None, CannotCheck]:
        """End the session of either kind of token, and refuse all its tokens from now on."""
        ...


class TokenStore(Protocol):
    """Remembers what tokens cannot say of themselves. `seconds` is how long to remember.

    Every method raises StoreUnavailable if the store does not answer in time.
    """

    async def spend(self, token_id: str, *, seconds: float) -> bool:
        """Return True to the first who spends it, False to all others."""
        ...

    async def revoke(self, session: str, *, seconds: float) -> None:
        """Remember that the session has ended."""
        ...

    async def is_revoked(self, session: str) -> bool:
        """Return whether the session has ended."""
        ...
