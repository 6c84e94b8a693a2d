"""What is refused. None of it says why: an attacker learns from the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from infra_ref.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpened(Failure):
    """The sealed bytes were changed, or sealed with another key or for another context."""

    def __str__(self) -> str:
        return "the sealed value cannot be opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPassword(Failure):
    """The password is not the user's, or there is no such user."""

    def __str__(self) -> str:
        return "the user or the password is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(Failure):
    """The token is forged, expired, revoked, or meant for somebody else."""

    def __str__(self) -> str:
        return "the token is not accepted: log in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensUnavailable(Failure):
    """Whether the token was revoked cannot be known now, so nobody is let in."""

    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return "tokens cannot be checked now: try again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden(Failure):
    """The caller lacks `scope`. Both are left out of the text, which may go to the caller."""

    scope: str

    def __str__(self) -> str:
        return "the caller may not do this"


class StoreUnavailable(Exception):
    """The token store did not answer in time; the vendor's exception is the cause."""
