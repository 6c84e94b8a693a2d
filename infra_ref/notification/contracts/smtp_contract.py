"""What an `EmailService` over SMTP promises about its connections. The adapter is what opens one by URL."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.notification.contracts.email_service_contract import ANN, error, in_time, mail
from infra_ref.notification.errors import Insecure, Rejected
from infra_ref.notification.port import Accepted, EmailService
from infra_ref.result import Ok

SECRET = "swordfish"


@dataclass(frozen=True, slots=True)
class MailServers:
    """Servers called localhost: `plain` has no TLS, those after `implicit` a certificate that is not valid.

    Each has `port`, `log` with "connect" and "auth", `received`, `busy`, and drop().
    """

    plain: Any
    starttls: Any
    implicit: Any
    stranger: Any
    other_name: Any


class SmtpContract(Contract):
    """`reach(url)` is an async context manager that gives a service with at most two connections."""

    port = EmailService

    servers: Any = tool("MailServers; shop and swordfish may log in, and a refusal repeats what it was sent")

    @rule("SMTP-01", "it logs in on an encrypted connection, by STARTTLS or from the first byte")
    async def logs_in(self, reach: Any, servers: MailServers) -> None:
        for scheme, server in (("smtp", servers.starttls), ("smtps", servers.implicit)):
            async with reach(f"{scheme}://shop:{SECRET}@localhost:{server.port}") as service:
                assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}, scheme
            assert server.log == ["connect", "auth"]

    @rule("SMTP-02", "no credentials and no mail go over a connection that is not encrypted")
    async def nothing_in_the_clear(self, reach: Any, servers: MailServers) -> None:
        async with reach(f"smtp://shop:{SECRET}@localhost:{servers.plain.port}") as service:
            assert not error(await in_time(service, mail(ANN)), ANN, Insecure).retryable
        assert "auth" not in servers.plain.log
        assert servers.plain.received == []

    @rule("SMTP-03", "a server whose certificate is a stranger's, or for another name, gets nothing")
    async def certificates(self, reach: Any, servers: MailServers) -> None:
        for server in (servers.stranger, servers.other_name):
            async with reach(f"smtps://shop:{SECRET}@localhost:{server.port}") as service:
                assert error(await in_time(service, mail(ANN)), ANN, Insecure)
            assert (server.received, server.log.count("auth")) == ([], 0)

    @rule("SMTP-04", "mails that follow each other go over one connection")
    async def keeps_its_connection(self, reach: Any, servers: MailServers) -> None:
        async with reach(_plain(servers)) as service:
            for _ in range(5):
                await service.send(mail(ANN))
        assert servers.plain.log == ["connect"]

    @rule("SMTP-05", "many mails at once share its connections")
    async def bounded(self, reach: Any, servers: MailServers) -> None:
        async with reach(_plain(servers)) as service:
            await asyncio.gather(*(service.send(mail(ANN)) for _ in range(20)))
        assert len(servers.plain.received) == 20
        assert servers.plain.log.count("connect") <= 2

    @rule("SMTP-06", "a connection that the server has ended meanwhile is replaced, and the mail sent once")
    async def stale(self, reach: Any, servers: MailServers) -> None:
        server = servers.plain
        async with reach(_plain(servers)) as service:
            await service.send(mail(ANN))
            await server.drop()
            assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}
            server.answer(ANN, 421, 250)  # that the server ends it shows only when it is used
            assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}
        assert len(server.received) == 3

    @rule("SMTP-07", "a server that cannot be reached is tried once, not over and over")
    async def replaced_once(self, reach: Any, servers: MailServers) -> None:
        server = servers.plain
        async with reach(_plain(servers)) as service:
            await service.send(mail(ANN))
            server.answer(ANN, 421)
            await in_time(service, mail(ANN))
        assert server.log.count("connect") <= 2

    @rule("SMTP-08", "a login that is refused is everybody's Rejected, and what was sent shows nowhere")
    async def wrong_password(self, reach: Any, servers: MailServers) -> None:
        async with reach(f"smtp://shop:not{SECRET}@localhost:{servers.starttls.port}") as service:
            refused = error(await service.send(mail(ANN)), ANN, Rejected)
            assert refused.code == 535
            for shown in (repr(refused), str(refused), repr(service), str(vars(service))):
                assert SECRET not in shown

    @rule("SMTP-09", "no connection is left when it is closed")
    async def closes(self, reach: Any, servers: MailServers) -> None:
        async with reach(_plain(servers)) as service:
            await asyncio.gather(*(service.send(mail(ANN)) for _ in range(3)))
        for _ in range(100):
            await asyncio.sleep(0.002 if servers.plain.busy else 0)
        assert servers.plain.busy == 0


def _plain(servers: MailServers) -> str:
    return f"smtp://localhost:{servers.plain.port}?tls=none"
