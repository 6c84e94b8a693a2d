"""For each rule of an email service one that breaks it, and no other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from aiosmtplib import SMTP, SMTPException, SMTPServerDisconnected

from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Unavailable
from infra_ref.notification.memory_email_service import MemoryEmailService
from infra_ref.notification.port import Accepted
from infra_ref.notification.smtp_email_service import SmtpEmailService
from infra_ref.notification.smtp_server import SmtpServer
from infra_ref.result import Err, Ok


def wired(change: Callable[[Any, bytes], bytes]) -> type[MemoryEmailService]:
    """Return a service that changes the bytes on their way."""

    class Wired(MemoryEmailService):
        async def send(self, email: Any, *, only: Any = None) -> Any:
            before = len(self.server.received)
            receipts = await super().send(email, only=only)
            if len(self.server.received) > before:
                seen = self.server.received.pop()
                self.server.received.append(replace(seen, raw=change(email, seen.raw)))
            return receipts

    return Wired


def by_hand(email: Any, raw: bytes) -> bytes:
    written = ", ".join(f"{one.name} <{one.email}>" if one.name else one.email for one in email.cc)
    return re.sub(rb"Cc: (.|\r\n )*\r\n", lambda _: f"Cc: {written}\r\n".encode(), raw)


class OtherText(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        return await super().send(replace(email, text=email.text.replace("李", "?")), only=only)


class NoKey(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        return await super().send(replace(email, idempotency_key=None), only=only)


class OthersGone(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        if only:
            email = replace(email, to=tuple(one for one in email.to if one.email in only))
        return await super().send(email, only=only)


class Twice(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        named = tuple(one.email for one in (*email.to, *email.cc, *email.bcc))
        if len(set(named)) < len(named):
            self.server.received.append(replace(self.server.received.pop(), recipients=named))
        return receipts


def results(change: Callable[[Any, dict[str, Any]], Any]) -> type[MemoryEmailService]:
    """Return a service that changes the results."""

    class Changed(MemoryEmailService):
        async def send(self, email: Any, *, only: Any = None) -> Any:
            receipts = await super().send(email, only=only)
            return change(self, receipts) or receipts

    return Changed


def kinds(receipts: Any) -> set[type]:
    return {Ok if isinstance(one, Ok) else type(one.error) for one in receipts.values()}


def stops_at_the_first(service: Any, receipts: Any) -> Any:
    if kinds(receipts) == {Ok, Rejected}:
        service.server.received.pop()
        return {one: Err(Rejected(recipient=one, code=550)) for one in receipts}
    return None


def takes_450_for_good(_: Any, receipts: Any) -> Any:
    for one, receipt in receipts.items():
        if isinstance(receipt, Err) and isinstance(receipt.error, Deferred) and receipt.error.code == 450:
            receipts[one] = Err(Rejected(recipient=one, code=450))


def forgets_the_content(_: Any, receipts: Any) -> Any:
    for one, receipt in receipts.items():
        if isinstance(receipt, Err) and getattr(receipt.error, "code", 0) in {452, 554}:
            receipts[one] = Ok(Accepted())


class LeavesOver(MemoryEmailService):
    left: tuple[str, ...] = ()

    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        if kinds(receipts) == {Ok} and self.left:
            seen = self.server.received.pop()
            self.server.received.append(replace(seen, recipients=(*self.left, *seen.recipients)))
        self.left = tuple(receipts) if kinds(receipts) == {Rejected} else ()
        return receipts


class Raises(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        if self.server.fault == "gone":
            raise ConnectionError
        return await super().send(email, only=only)


class WaitsForEver(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        if self.server.fault == "hangs":
            await asyncio.Event().wait()
        return await super().send(email, only=only)


class TriesAgain(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        if OutcomeUnknown in kinds(receipts):
            await super().send(email, only=only)
        return receipts


class OneForAll(MemoryEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        self._last = email
        await asyncio.sleep(0)
        return await super().send(self._last, only=only)


class KeepsWhatWasCancelled(MemoryEmailService):
    left: Any = None

    async def send(self, email: Any, *, only: Any = None) -> Any:
        email, self.left = self.left or email, None
        try:
            for _ in range(5):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.left = email
            raise
        return await super().send(email, only=only)


BROKEN: dict[str, type[MemoryEmailService]] = {
    "MAIL-01": wired(lambda _, raw: raw.replace(b"Your order", b"Your 0rder")),
    "MAIL-02": wired(lambda _, raw: raw.replace(b"multipart/alternative", b"multipart/mixed")),
    "MAIL-03": wired(lambda _, raw: raw.replace(b"Rechnung%20M%C3%A4rz", b"Rechnung")),
    "MAIL-04": wired(lambda _, raw: raw.replace(b"Disposition: inline", b"Disposition: attachment")),
    "MAIL-05": OtherText,
    "MAIL-06": wired(by_hand),
    "MAIL-07": wired(lambda email, raw: b"".join([b"Bcc: bob@shop.test\r\n" if email.bcc else b"", raw])),
    "MAIL-08": Twice,
    "MAIL-09": wired(lambda _, raw: raw[:-2] + b"\n"),
    "MAIL-10": NoKey,
    "MAIL-11": OthersGone,
    "MAIL-12": results(stops_at_the_first),
    "MAIL-13": results(takes_450_for_good),
    "MAIL-14": results(forgets_the_content),
    "MAIL-15": LeavesOver,
    "MAIL-16": Raises,
    "MAIL-17": WaitsForEver,
    "MAIL-18": TriesAgain,
    "MAIL-19": OneForAll,
    "MAIL-20": KeepsWhatWasCancelled,
}


# Over SMTP: the kind of service, and how it reads its URL


class NoLogin(SmtpServer):
    """Leaves the login away where it is not refused by the test of that."""

    @classmethod
    def from_url(cls, url: str, context: Any = None) -> Any:
        return SmtpServer.from_url(url.replace("shop:swordfish@", ""), context)


class Opportunistic(SmtpEmailService):
    """STARTTLS where there is some, as many clients do unasked."""

    async def _connect(self) -> SMTP:
        at = self._server
        try:
            return await super()._connect()
        except OSError as error:
            if "STARTTLS" not in str(error):
                raise
            client = SMTP(hostname=at.host, port=at.port, start_tls=False, local_hostname="localhost")
            await client.connect()
            await client.login(at.username, at.password)
            return client


class TrustsAnybody(SmtpEmailService):
    async def _connect(self) -> SMTP:
        at = self._server
        if at.tls != "implicit":
            return await super()._connect()
        client = SMTP(hostname=at.host, port=at.port, use_tls=True, validate_certs=False)
        await client.connect()
        await client.login(at.username, at.password)
        return client


class FourEach(SmtpEmailService):
    """Takes a new connection after every fourth mail."""

    sent = 0

    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        self.sent += 1
        if self.sent >= 4 and not self._places.locked():
            await self.aclose()
        return receipts


class Unbounded(SmtpEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        self._places = asyncio.Semaphore(100)
        return await super().send(email, only=only)


class KeepsStale(SmtpEmailService):
    _had = False

    async def _deliver(self, sender: str, raw: bytes, receipts: Any) -> None:
        self._had = bool(self._idle)
        await super()._deliver(sender, raw, receipts)

    async def _connect(self) -> SMTP:
        if self._had:
            raise SMTPServerDisconnected("stale")
        return await super()._connect()


class OverAndOver(SmtpEmailService):
    async def _deliver(self, sender: str, raw: bytes, receipts: Any) -> None:
        try:
            await super()._deliver(sender, raw, receipts)
        except SMTPException:
            if all(isinstance(one, Err) and isinstance(one.error, Unavailable) for one in receipts.values()):
                await super()._deliver(sender, raw, receipts)
            raise


class Repeats(SmtpEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        for one, receipt in receipts.items():
            if isinstance(receipt, Err) and isinstance(receipt.error, Rejected):
                receipts[one] = Err(replace(receipt.error, reply=str(receipt.error.cause)))
        return receipts


class StaysOpen(SmtpEmailService):
    async def aclose(self) -> None:
        StaysOpen.left.extend(self._idle)

    left: ClassVar[list[Any]] = []


BROKEN_SMTP: dict[str, dict[str, Any]] = {
    "SMTP-01": {"read": NoLogin.from_url},
    "SMTP-02": {"kind": Opportunistic},
    "SMTP-03": {"kind": TrustsAnybody},
    "SMTP-04": {"kind": FourEach},
    "SMTP-05": {"kind": Unbounded},
    "SMTP-06": {"kind": KeepsStale},
    "SMTP-07": {"kind": OverAndOver},
    "SMTP-08": {"kind": Repeats},
    "SMTP-09": {"kind": StaysOpen},
}
