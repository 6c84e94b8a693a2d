"""Who is calling, as the headers of a request that say so."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Authentication(Protocol):
    """Who is calling, as the request headers that say so."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers to add. They go to the origin that was called and to no other."""
        ...


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
        raise ValueError(f"nobody fetched a token for {self!r}: wrap the client in AuthenticatedHttpClient")
