"""A real mail server on a port of this machine, by aiosmtpd, which answers as scripted."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from infra_ref.notification.messages.scripted_mail_server import CONTENT, ReceivedMail, ScriptedMailServer

LOGIN = (b"shop", b"swordfish")


class AiosmtpdServer(ScriptedMailServer):
    """`async with AiosmtpdServer() as server:` listens on `server.port` until the block ends.

    With `tls` it offers STARTTLS, or with `implicit` speaks TLS from the first byte. LOGIN may log in,
    without TLS too, as no server should let it. `log` has what clients did: "connect" and "auth".
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, implicit: bool = False) -> None:
        super().__init__()
        self.port = 0
        self.log: list[str] = []
        self._tls, self._implicit = tls, implicit
        self._talks: set[_Talk] = set()
        self._listening: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.restore()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.cut()

    async def restore(self) -> None:
        """Listen, on the same port as before."""
        context = self._tls if self._implicit else None
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._talk, "127.0.0.1", self.port, ssl=context)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Stop listening, and break every connection."""
        if self._listening:
            self._listening.close()
            self._listening = None
        await self.drop()

    async def drop(self) -> None:
        """Break every connection that is open, and take new ones."""
        for talk in self._talks:
            talk.abort()
        while self._talks:
            await asyncio.sleep(0.001)

    @property
    def busy(self) -> int:
        """Connections that are open."""
        return len(self._talks)

    def _talk(self) -> SMTP:
        offered = None if self._implicit else self._tls
        return _Talk(self, self._talks, tls_context=offered, auth_require_tls=offered is not None)


class _Talk(SMTP):
    """One conversation; it keeps the list of those that are under way."""

    def __init__(self, server: AiosmtpdServer, talks: set[_Talk], **more: Any) -> None:
        self._log, self._talks = server.log, talks
        loop = asyncio.get_running_loop()
        super().__init__(_Hooks(server), hostname="mail.test", authenticator=self._checked, loop=loop, **more)

    def _checked(self, *seen: Any) -> AuthResult:
        self._log.append("auth")
        given = seen[-1]
        known = isinstance(given, LoginPassword) and (given.login, given.password) == LOGIN
        # As some servers do, it repeats what it was sent.
        return AuthResult(
            success=known, handled=False, message=None if known else f"535 no: {given.password!r}"
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._talks:  # STARTTLS calls this a second time
            self._log.append("connect")
        self._talks.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._talks.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            with suppress(AttributeError):  # Python 3.11.2 raises it where TLS was closed twice
                self.transport.abort()


class _Hooks:
    def __init__(self, server: AiosmtpdServer) -> None:
        self._server = server

    async def handle_RCPT(
        self, talk: _Talk, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._server.fault == "hangs":
            await asyncio.Event().wait()
        code = self._server.next(address)
        if code < 400:
            envelope.rcpt_tos.append(address)
        if code == 421:
            asyncio.get_running_loop().call_soon(talk.abort)
        return f"{code} as scripted"

    async def handle_DATA(self, talk: _Talk, session: Any, envelope: Any) -> str:
        code = self._server.next(CONTENT)
        if code < 400:
            mail = ReceivedMail(
                envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.original_content)
            )
            self._server.received.append(mail)
        if self._server.fault == "lost":
            talk.abort()
        return f"{code} as scripted"
