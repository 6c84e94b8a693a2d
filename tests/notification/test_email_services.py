"""Each rule of an email service has one that breaks it; and headers, with any name that people have."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from email.utils import unquote
from typing import Any

import pytest
from aiosmtplib import SMTPDataError
from hypothesis import assume, example, given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.notification.contracts.email_service_contract import EmailServiceContract
from infra_ref.notification.contracts.smtp_contract import SmtpContract
from infra_ref.notification.errors import Deferred, Rejected, Unavailable
from infra_ref.notification.memory_email_service import MemoryEmailService
from infra_ref.notification.messages.composing import compose
from infra_ref.notification.messages.scripted_mail_server import ReceivedMail
from infra_ref.notification.port import Accepted, Address, Email, File
from infra_ref.notification.smtp_email_service import SmtpEmailService, _explained
from infra_ref.notification.smtp_server import SmtpServer, refused_by_tls
from infra_ref.notification.testing.aiosmtpd_server import AiosmtpdServer
from infra_ref.result import Ok
from tests.notification import test_memory_email_service_contract as memory
from tests.notification import test_smtp_email_service_contract as smtp
from tests.notification.broken_mail import BROKEN, BROKEN_SMTP


def test_no_rule_is_without_one() -> None:
    assert list(BROKEN) == [one.number for one in EmailServiceContract.rules()]
    assert list(BROKEN_SMTP) == [one.number for one in SmtpContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_service_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (memory.TestMemoryEmailService,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


@pytest.mark.parametrize("number", BROKEN_SMTP)
def test_a_broken_smtp_service_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (smtp.TestSmtpConnections,), BROKEN_SMTP[number]).verify())
    assert report.broken == (number,), report


def test_one_address_as_text_is_no_collection_of_addresses() -> None:
    mail = Email(sender=SHOP, to=(Address("ann@shop.test"),), subject="", text="")
    assert mail.recipients_in(["ann@shop.test"]) == ("ann@shop.test",)
    with pytest.raises(TypeError, match=r"write \['joann@shop.test'\]"):
        run(MemoryEmailService().send(mail, only="joann@shop.test"))


# Headers

ONE_LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=150) | st.text(
    st.sampled_from('ab ,;:"\\<>()@=?._äé'), max_size=90
)
SHOP = Address("shop@shop.test")
HEADERS = [
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
]


def composed(email: Email) -> ReceivedMail:
    return ReceivedMail("", (), compose(email))


@given(st.lists(ONE_LINE, min_size=1, max_size=6), ONE_LINE)
@example(["Þ", "\U000368ad", "©ĺå·ĸ", "\U000368ad"], "")  # the comma that EmailMessage encodes
@example(["=?"], "=? =?=")
@example([("word " * 40) + "end"], ("word " * 40) + "end")
def test_names_and_subject_come_back_and_make_no_header(names: list[str], subject: str) -> None:
    to = tuple(Address(f"u{at}@shop.test", name) for at, name in enumerate(names))
    seen = composed(Email(sender=SHOP, to=to, subject=subject, text=""))
    assert seen.addresses("To") == [(one.name, one.email) for one in to]
    assert seen.header("Subject") == subject
    assert sorted(seen.message.keys()) == HEADERS
    head = seen.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) <= 120
    assert seen.raw.isascii()


MAKERS: dict[str, Any] = {
    "name": lambda text: Address("ann@shop.test", text),
    "mailbox": lambda text: Address(f"{text}@shop.test"),
    "domain": lambda text: Address(f"ann@{text}"),
    "file": lambda text: File(text, b""),
    "media type": lambda text: File("a", b"", f"image/{text}"),
    "subject": lambda text: Email(sender=SHOP, to=(SHOP,), subject=text, text=""),
}


@pytest.mark.parametrize("where", MAKERS)
@given(st.text(), st.sampled_from("\r\n\0\x0b\x0c\x1c\x85\u2028\u2029\t\x7f\ud800"), st.text())
def test_a_line_break_is_refused_wherever_it_is(where: str, before: str, sign: str, after: str) -> None:
    with pytest.raises(ValueError, match=r"line|write an address|a media type"):
        MAKERS[where](f"{before}{sign}{after}")


@pytest.mark.parametrize("media_type", ["message/rfc822", "Message/Partial", "MULTIPART/mixed"])
def test_what_is_made_of_parts_is_no_file(media_type: str) -> None:
    """It may not be encoded, so its bytes could not go out as they are."""
    with pytest.raises(ValueError, match="of one file"):
        File("mail.eml", b"Subject: a\n\nb\n", media_type)


@given(st.text())
def test_an_address_has_no_space_and_nothing_that_ends_it(text: str) -> None:
    try:
        address = Address(text)
    except ValueError:
        return
    assert not set(address.email) & set(' <>"(),;:\\[]\t')
    assert address.email.isascii()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_text_and_html_come_back(text: str, html: str) -> None:
    seen = composed(Email(sender=SHOP, to=(SHOP,), subject="", text=text, html=html))
    assert seen.body("plain") == broken_into_lines(text)
    assert seen.body("html") == broken_into_lines(html)
    rest = seen.raw.replace(b"\r\n", b"")
    assert (b"\r" in rest, b"\n" in rest) == (False, False)


def broken_into_lines(text: str) -> str:
    lines = text.encode().splitlines()  # at \r and \n alone
    return "".join(f"{line.decode()}\n" for line in lines) or "\n"


@given(st.binary(max_size=2000), ONE_LINE)
def test_files_come_back(data: bytes, name: str) -> None:
    assume(unquote(name) == name)  # `get_filename` takes off the quotes or brackets around a name
    seen = composed(Email(sender=SHOP, to=(SHOP,), subject="", text="", files=(File(name, data),)))
    [file] = seen.message.iter_attachments()
    assert file.get_content() == data
    assert "".join((file.get_filename() or "").split()) == "".join(name.split())


def test_what_utf_8_cannot_hold_is_refused_before_anything_is_sent() -> None:
    service = MemoryEmailService()
    with pytest.raises(ValueError, match="surrogates"):
        run(service.send(Email(sender=SHOP, to=(SHOP,), subject="", text="\ud800")))
    assert service.server.received == []


@pytest.mark.parametrize(
    ("more", "says"),
    [({}, "nobody gets"), ({"to": (SHOP,), "files": (File("a", b"", inline=True),)}, "needs `html`")],
)
def test_a_mail_that_makes_no_sense_says_what_to_write(more: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Email(sender=SHOP, subject="", text="", **more)


# URLs of servers


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("smtp://mail.test", ("mail.test", 587, "starttls", "", "")),
        ("smtp://ann%40shop:p%2Fw@mail.test:2525", ("mail.test", 2525, "starttls", "ann@shop", "p/w")),
        ("smtps://u:p@mail.test", ("mail.test", 465, "implicit", "u", "p")),
        ("smtp://localhost?tls=none", ("localhost", 25, "none", "", "")),
    ],
)
def test_what_a_url_means(url: str, means: tuple[Any, ...]) -> None:
    at = SmtpServer.from_url(url)
    assert (at.host, at.port, at.tls, at.username, at.password) == means


@pytest.mark.parametrize(
    "url",
    ["", "smtp://", "http://h", "smtp://swordfish@h:x", "smtp://u:swordfish@h?tls=none", "smtp://h?tls=no"],
)
def test_a_bad_url_says_what_to_write_and_not_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"write smtp://|without TLS") as refused:
        SmtpServer.from_url(url)
    assert "swordfish" not in str(refused.value)


def test_another_event_loop_is_told_what_to_do() -> None:
    service = SmtpEmailService(SmtpServer(host="localhost", port=1, tls="none"), timeout=0.5)
    email = Email(sender=SHOP, to=(SHOP,), subject="", text="")
    run(service.send(email))
    with pytest.raises(RuntimeError, match="one service for each loop"):
        run(service.send(email))


# How it looks in a notebook


def test_a_mail_is_shown_in_a_frame_where_nothing_runs() -> None:
    picture = File("lamp.png", b"\x89PNG", "image/png", inline=True)
    html = "<script>alert(1)</script><img src='cid:lamp.png'><p>\"it's\" &amp; <b>there</b></p>"
    seen = composed(
        Email(
            sender=SHOP,
            to=(Address("ann@shop.test", "<b>Ann</b>"),),
            subject="'\"><script>",
            text="",
            html=html,
            files=(picture,),
        )
    )
    shown = seen._repr_html_()
    outside, _, rest = shown.partition("srcdoc='")
    inside, _, after = rest.partition("'")
    assert "<script" not in shown
    assert "<b>Ann" not in shown
    assert outside.endswith("<iframe sandbox title='mail' ")
    assert "default-src &#x27;none&#x27;" in inside
    assert "data:image/png;base64,iVBORw==" in inside
    assert after == "></iframe></div>"


def test_a_mail_without_html_is_shown_as_text() -> None:
    shown = composed(Email(sender=SHOP, to=(SHOP,), subject="", text="<b>it</b>"))._repr_html_()
    assert "&amp;lt;b&amp;gt;it" in shown


# What no rule says


def test_a_text_that_is_not_ascii_passes_every_server() -> None:
    assert composed(
        Email(sender=SHOP, to=(SHOP,), subject="", text="Grüße\n", html="<p>李</p>")
    ).raw.isascii()


def test_an_address_that_is_too_long_is_refused() -> None:
    assert Address("a" * 244 + "@shop.test").email
    with pytest.raises(ValueError, match="write an address"):
        Address("a" * 245 + "@shop.test")


@pytest.mark.parametrize(
    ("code", "kind"), [(450, Deferred), (499, Deferred), (500, Rejected), (554, Rejected)]
)
def test_the_reply_of_a_server_is_one_short_line(code: int, kind: type[Any]) -> None:
    failure = Unavailable(recipient="ann@shop.test")
    refused = _explained(failure, SMTPDataError(code, "no\r\nlogin ok" + "x" * 500))
    assert isinstance(refused, kind)
    assert refused.reply.startswith("nologin ok")
    assert len(refused.reply) == 200


def test_a_line_that_is_cut_in_the_handshake_is_worth_another_try() -> None:
    assert not refused_by_tls(ssl.SSLEOFError())
    assert refused_by_tls(ssl.SSLCertVerificationError())


def with_a_service(story: Callable[[AiosmtpdServer, SmtpEmailService], Awaitable[None]]) -> None:
    async def told() -> None:
        async with AiosmtpdServer() as server:
            at = SmtpServer(host="localhost", port=server.port, tls="none")
            service = SmtpEmailService(at, timeout=1.0)
            await story(server, service)
            await service.aclose()
            async with asyncio.timeout(2):
                while server.busy:  # noqa: ASYNC110 - connections say nothing when they end
                    await asyncio.sleep(0.002)

    run(told())


TO_SHOP = Email(sender=SHOP, to=(SHOP,), subject="", text="")


def test_for_nobody_no_connection_is_made() -> None:
    async def story(server: AiosmtpdServer, service: SmtpEmailService) -> None:
        assert await service.send(TO_SHOP, only=[]) == {}
        assert server.log == []

    with_a_service(story)


def test_a_send_that_is_cancelled_leaves_no_connection() -> None:
    async def story(server: AiosmtpdServer, service: SmtpEmailService) -> None:
        server.fault = "hangs"
        sending = asyncio.create_task(service.send(TO_SHOP))
        async with asyncio.timeout(5):
            while server.busy != 1:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.wait({sending})

    with_a_service(story)


def test_a_kept_connection_that_hangs_is_replaced_in_time() -> None:
    async def story(server: AiosmtpdServer, service: SmtpEmailService) -> None:
        await service.send(TO_SHOP)
        server.fault = "hangs"
        sending = asyncio.create_task(service.send(TO_SHOP))
        await asyncio.sleep(0.15)
        server.fault = None
        assert await sending == {SHOP.email: Ok(Accepted())}

    with_a_service(story)
