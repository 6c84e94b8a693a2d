"""`SmtpServer`: where mail is handed in, and as whom."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

Tls: TypeAlias = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """TLS is "implicit" from the first byte, or by "starttls" and then demanded, or "none".

    `context` is made from the system's certificates unless given. Raises ValueError for a
    login without TLS.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.username and self.tls == "none":
            raise ValueError("a login without TLS could be read on the way: leave tls=none out, or the login")

    @classmethod
    def from_url(cls, url: str, context: ssl.SSLContext | None = None) -> Self:
        """Return what `smtp://user:password@host:587` (STARTTLS) or `smtps://host:465` means.

        `smtp://localhost:1025?tls=none` is for a server on the same machine. Raises ValueError, without
        the URL, for anything else.
        """
        try:
            parts = urlsplit(url)
            host, port, implicit = parts.hostname or "", parts.port, parts.scheme == "smtps"
        except ValueError:
            host, port, implicit, parts = "", None, False, urlsplit("")
        query = parse_qs(parts.query)
        tls: Tls = "implicit" if implicit else "none" if query == {"tls": ["none"]} else "starttls"
        if parts.scheme not in {"smtp", "smtps"} or not host or (query and tls != "none"):
            raise ValueError(
                "write smtp://user:password@host:587, smtps://host:465 or smtp://host:25?tls=none"
            )
        port = port or {"implicit": 465, "starttls": 587, "none": 25}[tls]
        username, password = (unquote(one or "") for one in (parts.username, parts.password))
        return cls(host=host, port=port, tls=tls, username=username, password=password, context=context)


def refused_by_tls(error: BaseException | None) -> bool:
    """Return whether TLS itself failed; a line that is cut during the handshake shows nothing about it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        error = error.__cause__ or error.__context__
    return False
