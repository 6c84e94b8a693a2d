"""Who is calling: credentials as request headers, and the port that fetches tokens."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from infra_ref.gateway.port import HttpError
from infra_ref.result import Result


class TokenSource(Protocol):
    """Where tokens come from."""

    async def fetch(self, subject: str) -> Result[str, HttpError]:
        """Return a new token for that user or service."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(HttpError):
    """No valid token: `reason` is the token source's error, None if the peer refused a new token."""

    reason: HttpError | None = None
    message = "could not be authenticated"


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token in the Authorization header (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        return {"authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password (RFC 7617)."""

    user: str
    password: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"authorization": f"Basic {pair}"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header of the peer's choice."""

    key: str = field(repr=False)
    header: str = "x-api-key"

    def headers(self) -> Mapping[str, str]:
        """Return that header."""
        return {self.header: self.key}


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """A user or service whose token `AuthenticatedHttpClient` fetches and keeps."""

    subject: str

    def headers(self) -> Mapping[str, str]:
        """Raise ValueError: it takes an `AuthenticatedHttpClient` to get the token."""
        raise ValueError(f"there is no token for {self!r} yet: wrap the client in AuthenticatedHttpClient")
