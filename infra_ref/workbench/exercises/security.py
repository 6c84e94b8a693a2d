"""The exercises of the notebook on security, in its order."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.security.contracts.sealer_contract import SealerContract
from infra_ref.security.jwt_tokens import JwtTokens
from infra_ref.security.memory_token_store import MemoryTokenStore
from infra_ref.security.token_port import Caller
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

_made: list[Any] = []
"""The kind of sealer on trial, and its key."""


class RotatingContract(SealerContract):
    """The contract, with keys that are rotated by the bench."""

    def rotated(self) -> Any:
        """Put a newer key in front."""
        kind, key = _made
        return kind([secrets.token_bytes(32), key])

    def stranger(self) -> Any:
        """Take another key."""
        return _made[0]([secrets.token_bytes(32)])


def with_a_key(kind: Callable[..., Any]) -> Callable[[], Any]:
    """Return what makes a sealer of `kind(keys)` with a key of its own."""

    def make() -> Any:
        _made[:] = [kind, secrets.token_bytes(32)]
        return kind([_made[1]])

    return make


ROTATE = Exercise(
    id="security/rotate",
    title="Keys that can be changed",
    task="""
        `self.keys` are AES-GCM keys, the newest first; `encrypt(nonce, plain, context)` and
        `decrypt(nonce, sealed, context)` are theirs. Seal with the newest, and open with any of
        them. A key that does not fit raises InvalidTag. What none opens is `Err(NotOpened())`.
    """,
    makes="Rotating",
    given="""
        import os
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from infra_ref.result import Err, Ok
        from infra_ref.security.errors import NotOpened
    """,
    frame="""
        class Rotating:
            def __init__(self, keys):
                self.keys = [AESGCM(key) for key in keys]

            ____
    """,
    blank="""
        def seal(self, plain, *, context=b""): ...
        def open(self, sealed, *, context=b""): ...
    """,
    solution="""
        def seal(self, plain, *, context=b""):
            nonce = os.urandom(12)
            return nonce + self.keys[0].encrypt(nonce, plain, context)

        def open(self, sealed, *, context=b""):
            for key in self.keys:
                try:
                    return Ok(key.decrypt(sealed[:12], sealed[12:], context))
                except (InvalidTag, ValueError):
                    pass
            return Err(NotOpened())
    """,
    wrong=(
        Wrong(
            "one nonce for ever",
            """
            def seal(self, plain, *, context=b""):
                nonce = b"twelve bytes"
                return nonce + self.keys[0].encrypt(nonce, plain, context)

            def open(self, sealed, *, context=b""):
                for key in self.keys:
                    try:
                        return Ok(key.decrypt(sealed[:12], sealed[12:], context))
                    except (InvalidTag, ValueError):
                        pass
                return Err(NotOpened())
            """,
            breaks=("SEAL-03",),
            feedback="""
                A nonce that is used twice tells how two texts differ, and lets others be forged.
                Take a new one each time: `os.urandom(12)`.
            """,
        ),
        Wrong(
            "the newest key alone",
            """
            def seal(self, plain, *, context=b""):
                nonce = os.urandom(12)
                return nonce + self.keys[0].encrypt(nonce, plain, context)

            def open(self, sealed, *, context=b""):
                try:
                    return Ok(self.keys[0].decrypt(sealed[:12], sealed[12:], context))
                except (InvalidTag, ValueError):
                    return Err(NotOpened())
            """,
            breaks=("SEAL-08",),
            feedback="After a rotation nothing old could be read. Try each of `self.keys`.",
        ),
        Wrong(
            "the context is left out",
            """
            def seal(self, plain, *, context=b""):
                nonce = os.urandom(12)
                return nonce + self.keys[0].encrypt(nonce, plain, None)

            def open(self, sealed, *, context=b""):
                for key in self.keys:
                    try:
                        return Ok(key.decrypt(sealed[:12], sealed[12:], None))
                    except (InvalidTag, ValueError):
                        pass
                return Err(NotOpened())
            """,
            breaks=("SEAL-07",),
            feedback="A value could be moved to another row and would open there. Pass `context` to both.",
        ),
    ),
    hints=(
        "A sealed value needs its nonce to be opened, and a nonce is no secret: put it in front.",
        "Try the keys in turn; the first that does not raise is the right one.",
        "A value that is too short raises ValueError. Catch both.",
    ),
    notice="`AeadSealer` writes the id of the key in front, so that it tries one key and not all.",
    contract=RotatingContract,
    only=("SEAL-01", "SEAL-03", "SEAL-04", "SEAL-05", "SEAL-06", "SEAL-07", "SEAL-08", "SEAL-09"),
    bench=with_a_key,
)


def _tokens() -> JwtTokens:
    return JwtTokens(["k" * 32], issuer="login", audience="shop", store=MemoryTokenStore(), clock=FakeClock())


async def lets_in(answers: Any) -> None:
    """Check who may."""
    tokens = _tokens()
    access = (await tokens.issue(Caller("ann", frozenset({"orders:read"})))).access
    assert await answers(tokens, f"Bearer {access}") == (200, "orders of ann")


async def unknown(answers: Any) -> None:
    """Check who is nobody."""
    tokens = _tokens()
    for header in (None, "", "Bearer", "Bearer nonsense", "Basic YW5uOnB3"):
        assert await answers(tokens, header) == (401, "")


async def forbidden(answers: Any) -> None:
    """Check who is known and may not."""
    tokens = _tokens()
    access = (await tokens.issue(Caller("bob", frozenset({"users:read"})))).access
    assert await answers(tokens, f"Bearer {access}") == (403, "")


async def unavailable(answers: Any) -> None:
    """Check what happens when it cannot be known."""
    tokens = _tokens()
    access = (await tokens.issue(Caller("ann", frozenset({"orders:read"})))).access
    tokens._store = _Away()
    assert await answers(tokens, f"Bearer {access}") == (503, "")


class _Away(MemoryTokenStore):
    async def is_revoked(self, session: str) -> bool:
        from infra_ref.security.errors import StoreUnavailable

        raise StoreUnavailable("away")


ANSWER = Exercise(
    id="security/answer",
    title="Who are you, and may you?",
    task="""
        Answer a request for orders with a status and a text. `header` is "Bearer " and a token, or
        anything. Answer 401 where nobody is known, 403 where the caller lacks "orders:read", 503 where
        it cannot be known now, each with an empty text; else 200 and "orders of " with the subject.
    """,
    makes="answers",
    given="""
        from infra_ref.result import Err, Ok
        from infra_ref.security.errors import TokenRefused, TokensUnavailable
    """,
    frame="""
        async def answers(tokens, header):
            scheme, _, token = (header or "").partition(" ")
            checked = await tokens.check(token)
            ____
    """,
    blank='return (200, "orders") if scheme == "Bearer" and checked else (401, "")',
    solution="""
        match checked:
            case Ok(caller) if "orders:read" in caller.scopes:
                return 200, f"orders of {caller.subject}"
            case Ok():
                return 403, ""
            case Err(error):
                return 503 if error.retryable else 401, ""
    """,
    wrong=(
        Wrong(
            "known is allowed",
            """
            match checked:
                case Ok(caller):
                    return 200, f"orders of {caller.subject}"
                case Err(error):
                    return 503 if error.retryable else 401, ""
            """,
            breaks=("THREE",),
            feedback="Who somebody is does not say what they may do. Look at `caller.scopes`.",
        ),
        Wrong(
            "one refusal for all",
            """
            match checked:
                case Ok(caller) if "orders:read" in caller.scopes:
                    return 200, f"orders of {caller.subject}"
                case Ok():
                    return 403, ""
                case Err():
                    return 401, ""
            """,
            breaks=("FOUR",),
            feedback="""
                With 401 a browser throws its login away. When the store of tokens is down the token may
                be good: 503, and the client tries again. `error.retryable` tells the two apart.
            """,
        ),
        Wrong(
            "open when it is not known",
            """
            match checked:
                case Ok(caller) if "orders:read" in caller.scopes:
                    return 200, f"orders of {caller.subject}"
                case Ok():
                    return 403, ""
                case Err(TokenRefused()):
                    return 401, ""
                case Err(_):
                    return 200, ""
            """,
            breaks=("FOUR",),
            feedback="Whoever can take the store down could come in with a revoked token. Answer 503.",
        ),
    ),
    hints=(
        "A Result is neither true nor false: `match checked` on `Ok` and `Err`.",
        "There are three cases of `Ok` and `Err(error)`: may, may not, and who is not known.",
    ),
    notice="The ports return the reason as a value, and one place at the edge turns it into a status.",
    checks=(
        Check("ONE", "who may gets the orders", lets_in),
        Check("TWO", "who is not known gets 401", unknown),
        Check("THREE", "who is known and may not gets 403", forbidden),
        Check("FOUR", "while tokens cannot be checked, everybody gets 503", unavailable),
    ),
)
