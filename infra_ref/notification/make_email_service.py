"""Choose an email service by URL: the one place that knows all adapters by name."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from infra_ref.notification.memory_email_service import MemoryEmailService
from infra_ref.notification.port import EmailService


@asynccontextmanager
async def make_email_service(
    url: str, *, context: ssl.SSLContext | None = None
) -> AsyncGenerator[EmailService]:
    """Open the service at `url`, and close its connections at the end.

        memory://                        keeps what is sent; `server.received` has it
        smtp://user:password@host:587    SMTP, with STARTTLS
        smtps://user:password@host:465   SMTP with TLS from the first byte
        smtp://localhost:1025?tls=none   SMTP without TLS, to a server on the same machine

    A password has / ? # @ : as %2F %3F %23 %40 %3A. `context` trusts the system's certificates unless
    given. Raises ValueError for any other URL, ModuleNotFoundError if aiosmtplib is not installed.
    """
    if url.startswith("memory://"):
        yield MemoryEmailService()
        return
    if not url.startswith(("smtp://", "smtps://")):  # not quoted: it may hold a password
        raise ValueError(
            "no email service is known for this URL: write memory://, smtp://host:587 or smtps://host"
        )
    from infra_ref.notification.smtp_server import SmtpServer

    server = SmtpServer.from_url(url, context)
    try:
        from infra_ref.notification.smtp_email_service import SmtpEmailService
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{missing}: pip install 'infra-ref[smtp]'") from missing
    service = SmtpEmailService(server)
    try:
        yield service
    finally:
        await service.aclose()
