"""`SmtpEmailService` keeps every rule of its contract, on a real server, without TLS and with it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any, ClassVar

import trustme

from infra_ref.notification.contracts.email_service_contract import EmailServiceContract
from infra_ref.notification.contracts.smtp_contract import MailServers, SmtpContract
from infra_ref.notification.smtp_email_service import SmtpEmailService
from infra_ref.notification.smtp_server import SmtpServer
from infra_ref.notification.testing.aiosmtpd_server import AiosmtpdServer


@cache
def contexts() -> dict[str, ssl.SSLContext]:
    """Return what servers need, by what is special about their certificates, and what a client trusts."""
    authority, stranger = trustme.CA(), trustme.CA()
    leaves = {
        "good": authority.issue_cert("localhost"),
        "stranger": stranger.issue_cert("localhost"),
        "other_name": authority.issue_cert("other.test"),
    }
    found = {"client": ssl.create_default_context()}
    authority.configure_trust(found["client"])
    for name, leaf in leaves.items():
        found[name] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(found[name])
    return found


class OnAiosmtpd(EmailServiceContract):
    tls: Any = "none"
    kind = SmtpEmailService

    @asynccontextmanager
    async def make(self) -> AsyncIterator[SmtpEmailService]:
        login: Any = {} if self.tls == "none" else {"username": "shop", "password": "swordfish"}
        self.server = AiosmtpdServer(
            tls=contexts()["good"] if login else None, implicit=self.tls == "implicit"
        )
        async with self.server:
            at = SmtpServer(
                host="localhost", port=self.server.port, tls=self.tls, context=contexts()["client"], **login
            )
            service = self.kind(at, timeout=1.0)
            yield service
            await service.aclose()


class TestSmtp(OnAiosmtpd):
    """Without TLS, as to a server on the same machine."""


class TestSmtpWithStarttls(OnAiosmtpd):
    tls = "starttls"


class TestSmtps(OnAiosmtpd):
    tls = "implicit"


class TestSmtpConnections(SmtpContract):
    kind = SmtpEmailService
    read: ClassVar[Any] = SmtpServer.from_url

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Any]:
        async with AsyncExitStack() as opened:

            async def serve(name: str = "", *, implicit: bool = True) -> AiosmtpdServer:
                context = contexts()[name] if name else None
                return await opened.enter_async_context(AiosmtpdServer(tls=context, implicit=implicit))

            self.servers = MailServers(
                plain=await serve(implicit=False),
                starttls=await serve("good", implicit=False),
                implicit=await serve("good"),
                stranger=await serve("stranger"),
                other_name=await serve("other_name"),
            )
            yield self.opened

    @asynccontextmanager
    async def opened(self, url: str) -> AsyncIterator[SmtpEmailService]:
        service = self.kind(self.read(url, contexts()["client"]), connections=2, timeout=1.0)
        yield service
        await service.aclose()
