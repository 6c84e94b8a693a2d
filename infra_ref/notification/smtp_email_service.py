"""An `EmailService` over SMTP, by aiosmtplib, on a few connections that are kept open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

import aiosmtplib as smtp

from infra_ref.notification import errors
from infra_ref.notification.messages.composing import compose
from infra_ref.notification.port import Accepted, Email, Receipts
from infra_ref.notification.smtp_server import SmtpServer, refused_by_tls
from infra_ref.result import Err, Ok
from infra_ref.strict_timeout import strict_timeout


class SmtpEmailService:
    """At most `connections` are open at once; further mails wait for one. `aclose` ends them.

    `timeout` is in seconds, for a mail from waiting for a connection to the server's last answer. A
    connection that the server has given up meanwhile is replaced once, before anything was sent.
    """

    def __init__(self, server: SmtpServer, *, connections: int = 4, timeout: float = 30.0) -> None:
        self._server, self._timeout = server, timeout
        self._places, self._idle = asyncio.Semaphore(connections), list[smtp.SMTP]()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        self._loop = self._loop or asyncio.get_running_loop()
        if self._loop is not asyncio.get_running_loop():
            raise RuntimeError("its connections are another event loop's: make one service for each loop")
        raw = compose(email)
        to = email.recipients_in(only)
        # What holds at any moment, so that whatever goes wrong it can be given.
        receipts: Receipts = {one: Err(errors.Unavailable(recipient=one)) for one in to}
        if not to:
            return receipts
        try:
            async with strict_timeout(self._timeout), self._places:
                await self._deliver(email.sender.email, raw, receipts)
        except (smtp.SMTPException, OSError) as error:  # TimeoutError is one of them
            for one, receipt in receipts.items():
                if isinstance(receipt, Err) and receipt.error.cause is None:
                    receipts[one] = Err(_explained(receipt.error, error))
        return receipts

    async def aclose(self) -> None:
        """Take leave of the server, and close the connections that are not in use."""
        while self._idle:
            client = self._idle.pop()
            with suppress(smtp.SMTPException, OSError):
                await client.quit()
            client.close()

    async def _deliver(self, sender: str, raw: bytes, receipts: Receipts) -> None:
        kept = self._idle.pop() if self._idle else None
        client = kept or await self._connect()
        try:
            try:
                taken = await _open_envelope(client, sender, receipts)
            except (smtp.SMTPException, OSError):
                if client is not kept or client.is_connected:
                    raise
                client = await self._connect()  # that one was stale; nothing has been sent
                taken = await _open_envelope(client, sender, receipts)
            if taken:
                await _hand_over(client, raw, taken, receipts)
            elif client.is_connected:
                await client.rset()
        except BaseException:
            client.close()  # in the middle of something: of no use to the next mail
            raise
        if client.is_connected:
            self._idle.append(client)

    async def _connect(self) -> smtp.SMTP:
        server = self._server
        client = smtp.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=False,
            tls_context=server.context,
            timeout=self._timeout / 3,  # of one command: leaves time to replace a connection that hangs
            local_hostname="[127.0.0.1]",  # RFC 5321, 4.1.3; else the name of this machine is looked for
        )
        try:
            await client.connect()
            if server.tls == "starttls":
                await client.ehlo()
                if not client.supports_extension("starttls"):
                    raise ssl.SSLError("the server offers no STARTTLS")
                await client.starttls()
            if server.username:
                await client.login(server.username, server.password)
        except BaseException:
            client.close()
            raise
        return client


async def _open_envelope(client: smtp.SMTP, sender: str, receipts: Receipts) -> list[str]:
    """Name the sender and the recipients; return those that are taken."""
    await client.mail(sender)
    taken: list[str] = []
    for one in receipts:
        try:
            await client.rcpt(one)
            taken.append(one)
        except smtp.SMTPRecipientRefused as refused:
            if not client.is_connected:  # 421: it ends the conversation
                raise
            receipts[one] = Err(_explained(errors.Unavailable(recipient=one), refused))
    return taken


async def _hand_over(client: smtp.SMTP, raw: bytes, taken: list[str], receipts: Receipts) -> None:
    for one in taken:
        receipts[one] = Err(errors.OutcomeUnknown(recipient=one))  # from here until the answer has come
    try:
        await client.data(raw, timeout=None)
    except smtp.SMTPDataError as refused:
        for one in taken:
            receipts[one] = Err(_explained(errors.OutcomeUnknown(recipient=one), refused))
    else:
        receipts.update(dict.fromkeys(taken, Ok(Accepted())))


def _explained(failure: errors.Undelivered, error: Exception) -> errors.Undelivered:
    """Return what the error says about a failure whose reason is not known yet."""
    if isinstance(error, smtp.SMTPResponseException) and 400 <= error.code < 600:
        reply = "".join(filter(str.isprintable, error.message))[:200]
        if isinstance(error, smtp.SMTPAuthenticationError):
            reply = ""  # some servers repeat what they were sent
        kind = errors.Deferred if error.code < 500 else errors.Rejected
        return kind(recipient=failure.recipient, code=error.code, reply=reply, cause=error)
    if isinstance(failure, errors.Unavailable) and refused_by_tls(error):
        return errors.Insecure(recipient=failure.recipient, cause=error)
    return replace(failure, cause=error)
