"""What every `EmailService` promises."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Unavailable, Undelivered
from infra_ref.notification.messages.scripted_mail_server import CONTENT, ReceivedMail
from infra_ref.notification.port import Accepted, Address, Email, EmailService, File, Receipts
from infra_ref.result import Err, Ok

ANN, BOB, CYD = "ann@shop.test", "bob@shop.test", "cyd@shop.test"
IN_TIME = 3.0
"""Seconds that a call may take while the server does not answer; give the service a shorter timeout."""
NAMES = (
    "Ann, the first",
    'Ann "the lamp" Bo\\b',
    "ann@shop.test, eve@evil.test",
    "Ann <eve@evil.test>",
    "Zoë 李 👩‍🚒",
    "=?utf-8?q?eve?=",
    "Ann (of the shop); Bob: Cyd",
    "x" * 300,
    "Königin Änne von und zu Öd " * 8,
)
"""Names as people have them, or choose them."""


def mail(*to: str, **more: Any) -> Email:
    """Return a mail to these addresses."""
    sender = Address("shop@shop.test", "The Shop")
    more = {"subject": "Your order", "text": "It is on its way.\n"} | more
    return Email(sender=sender, to=tuple(map(Address, to)), **more)


class EmailServiceContract(Contract):
    """The rules of an `EmailService`. `make` connects it to `server`, with a timeout below 3 s."""

    port = EmailService

    server: Any = tool("a ScriptedMailServer: `received`, `answer`, `fault`, and cut() and restore()")

    @rule("MAIL-01", "a mail arrives with its sender, recipients, subject and text")
    async def arrives(self, service: EmailService, server: Any) -> None:
        receipts = await service.send(mail(ANN, cc=(Address(BOB, "Bob"),)))
        assert receipts == {ANN: Ok(Accepted()), BOB: Ok(Accepted())}
        [seen] = server.received
        assert (seen.sender, seen.recipients) == ("shop@shop.test", (ANN, BOB))
        assert (seen.header("Subject"), seen.body("plain")) == ("Your order", "It is on its way.\n")
        assert seen.addresses("From") == [("The Shop", "shop@shop.test")]
        assert (seen.addresses("To"), seen.addresses("Cc")) == ([("", ANN)], [("Bob", BOB)])

    @rule("MAIL-02", "text and HTML are two forms of one mail, the HTML last, so that it is preferred")
    async def two_forms(self, service: EmailService, server: Any) -> None:
        await service.send(mail(ANN, html="<p>It is on its way.</p>"))
        parts = [one.get_content_type() for one in server.received[0].message.walk()]
        assert parts == ["multipart/alternative", "text/plain", "text/html"]

    @rule("MAIL-03", "an attachment arrives byte for byte, with its name and its media type")
    async def attachments(self, service: EmailService, server: Any) -> None:
        data = bytes(range(256)) * 20 + b"\r\n.\r\n"
        await service.send(mail(ANN, files=(File("Rechnung März.pdf", data, "application/pdf"),)))
        [file] = server.received[0].message.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("Rechnung März.pdf", "application/pdf")
        assert file.get_content() == data

    @rule("MAIL-04", "an inline picture belongs to the HTML that shows it, and is no attachment")
    async def inline_pictures(self, service: EmailService, server: Any) -> None:
        picture = File("lamp.png", b"\x89PNG", "image/png", inline=True)
        await service.send(mail(ANN, html="<img src='cid:lamp.png'>", files=(picture,)))
        parts = {one["Content-ID"]: one for one in server.received[0].message.walk() if one["Content-ID"]}
        assert list(parts) == ["<lamp.png>"]
        assert parts["<lamp.png>"].get_content_disposition() == "inline"

    @rule("MAIL-05", "text in any script arrives as it was, long lines and lines with a dot in front too")
    async def any_text(self, service: EmailService, server: Any) -> None:
        text = f".\n..\nGrüße, 李 👩‍🚒\n{'x' * 5000}\nFrom here\n\n.end\n"
        await service.send(mail(ANN, text=text, subject=f"Grüße 李, {'long ' * 40}end"))
        [seen] = server.received
        assert seen.body("plain") == text
        assert seen.header("Subject") == f"Grüße 李, {'long ' * 40}end"

    @rule("MAIL-06", "whatever somebody has for a name, it arrives as it is and adds no recipient")
    async def any_name(self, service: EmailService, server: Any) -> None:
        to = tuple(Address(f"u{at}@shop.test", name) for at, name in enumerate(NAMES))
        await service.send(mail(subject="Hello", cc=to))
        [seen] = server.received
        assert seen.recipients == tuple(one.email for one in to)
        assert seen.addresses("Cc") == [(one.name, one.email) for one in to]
        assert max(map(len, seen.raw.split(b"\r\n"))) <= 998

    @rule("MAIL-07", "who is in Bcc gets the mail, and is named nowhere in it")
    async def blind_copies(self, service: EmailService, server: Any) -> None:
        await service.send(mail(ANN, bcc=(Address(BOB, "Bob"),)))
        [seen] = server.received
        assert seen.recipients == (ANN, BOB)
        assert b"bob" not in seen.raw.lower()

    @rule("MAIL-08", "who is named twice gets it once")
    async def each_once(self, service: EmailService, server: Any) -> None:
        await service.send(mail(ANN, BOB, ANN, bcc=(Address(BOB),)))
        assert [one.recipients for one in server.received] == [(ANN, BOB)]

    @rule("MAIL-09", "every line ends in CRLF, whatever line breaks the text has")
    async def crlf(self, service: EmailService, server: Any) -> None:
        await service.send(mail(ANN, text="a\nb\r\nc\rd", html="<p>a\n</p>\r"))
        rest = server.received[0].raw.replace(b"\r\n", b"")
        assert b"\r" not in rest
        assert b"\n" not in rest

    @rule("MAIL-10", "each mail has a date and a Message-ID, the same again for the same idempotency key")
    async def identified(self, service: EmailService, server: Any) -> None:
        for key in (None, None, "order 7", "order 7", "order 8"):
            await service.send(mail(ANN, idempotency_key=key))
        assert all(one.header("Date") for one in server.received)
        ids = [one.header("Message-ID") for one in server.received]
        assert all(ids)
        assert ids[2] == ids[3]
        assert len(set(ids)) == 4

    @rule("MAIL-11", "with `only`, the others get nothing, and the headers still name all")
    async def some_of_them(self, service: EmailService, server: Any) -> None:
        assert await service.send(mail(ANN, BOB), only=[BOB]) == {BOB: Ok(Accepted())}
        assert await service.send(mail(ANN, BOB), only=[]) == {}
        [seen] = server.received
        assert (seen.recipients, seen.header("To")) == ((BOB,), f"{ANN}, {BOB}")

    @rule("MAIL-12", "one recipient that is refused stops no other, and each has a result")
    async def one_refused(self, service: EmailService, server: Any) -> None:
        server.answer(BOB, 550)
        receipts = await service.send(mail(ANN, BOB, CYD))
        assert [type(one) for one in receipts.values()] == [Ok, Err, Ok]
        assert error(receipts, BOB, Rejected).code == 550
        assert [one.recipients for one in server.received] == [(ANN, CYD)]

    @rule("MAIL-13", "4xx is a refusal for now, 5xx one for good")
    async def now_or_for_good(self, service: EmailService, server: Any) -> None:
        server.answer(ANN, 450)
        server.answer(BOB, 553)
        receipts = await service.send(mail(ANN, BOB))
        assert (error(receipts, ANN, Deferred).code, error(receipts, ANN, Deferred).retryable) == (450, True)
        assert (error(receipts, BOB, Rejected).code, error(receipts, BOB, Rejected).retryable) == (553, False)
        assert server.received == []

    @rule("MAIL-14", "when the mail itself is refused, everybody has that result")
    async def content_refused(self, service: EmailService, server: Any) -> None:
        server.answer(CONTENT, 554, 452, 250)
        for kind in (Rejected, Deferred):
            receipts = await service.send(mail(ANN, BOB))
            assert [type(error(receipts, one, kind)) for one in (ANN, BOB)] == [kind, kind]
        assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}

    @rule("MAIL-15", "after a refusal the next mail goes to its own recipients")
    async def nothing_is_left_over(self, service: EmailService, server: Any) -> None:
        server.answer(BOB, 550)
        await service.send(mail(BOB))
        await service.send(mail(ANN))
        assert [one.recipients for one in server.received] == [(ANN,)]

    @rule("MAIL-16", "while the server is gone, everybody is Unavailable, in time; then it works again")
    async def gone(self, service: EmailService, server: Any) -> None:
        await service.send(mail(ANN))
        await server.cut()
        receipts = await in_time(service, mail(ANN, BOB))
        assert error(receipts, ANN, Unavailable).retryable
        assert error(receipts, BOB, Unavailable).retryable
        await server.restore()
        assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}

    @rule("MAIL-17", "while the server hangs, everybody is Unavailable, in time; then it works again")
    async def hangs(self, service: EmailService, server: Any) -> None:
        server.fault = "hangs"
        assert error(await in_time(service, mail(ANN)), ANN, Unavailable).retryable
        server.fault = None
        assert await service.send(mail(ANN)) == {ANN: Ok(Accepted())}

    @rule("MAIL-18", "a mail whose fate is not known after it was handed over is told so, and not sent again")
    async def fate_unknown(self, service: EmailService, server: Any) -> None:
        server.answer(BOB, 550)
        server.fault = "lost"
        receipts = await in_time(service, mail(ANN, BOB))
        assert not error(receipts, ANN, OutcomeUnknown).retryable
        assert error(receipts, BOB, Rejected).code == 550
        assert [one.recipients for one in server.received] == [(ANN,)]

    @rule("MAIL-19", "many mails at once arrive each at their own recipients")
    async def at_once(self, service: EmailService, server: Any) -> None:
        mails = [mail(f"u{at}@shop.test", subject=f"for u{at}") for at in range(20)]
        receipts = await asyncio.gather(*map(service.send, mails))
        assert all(isinstance(one, Ok) for each in receipts for one in each.values())
        assert sorted(map(_whose, server.received)) == sorted(
            (f"u{n}@shop.test", f"for u{n}") for n in range(20)
        )

    @rule(
        "MAIL-20", "a send that is cancelled leaves the next mail whole, and to its own recipients", full=True
    )
    async def cancelled(self, service: EmailService, server: Any) -> None:
        await service.send(mail(CYD))
        for turns in range(0, 40, 3):
            sending = asyncio.create_task(service.send(mail(BOB, subject="for bob")))
            for _ in range(turns):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait({sending})
            await service.send(mail(ANN, subject="for ann"))
            assert _whose(server.received[-1]) == (ANN, "for ann"), f"cancelled after {turns} turns"


def error(receipts: Receipts, recipient: str, kind: type[Undelivered]) -> Any:
    """Return a recipient's error; anything but one of that kind breaks the rule."""
    receipt = receipts[recipient]
    assert isinstance(receipt, Err), f"{kind.__name__} was expected, and it was accepted"
    assert isinstance(receipt.error, kind), f"{kind.__name__} was expected, not {receipt.error!r}"
    return receipt.error


async def in_time(service: EmailService, email: Email) -> Receipts:
    """Send it, and break the rule if that takes too long."""
    async with asyncio.timeout(IN_TIME):
        return await service.send(email)


def _whose(seen: ReceivedMail) -> tuple[str, str]:
    return ", ".join(seen.recipients), seen.header("Subject")
