"""SMS, notifier, decorators, templates: each rule has one that breaks it; and SMS over real sockets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, run
from infra_ref.gateway.contracts.decorator_contract import Inner, failed
from infra_ref.gateway.errors import TooManyRequests
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.notification.channels import EmailChannel, SmsChannel
from infra_ref.notification.contracts.notifier_contract import NotifierContract
from infra_ref.notification.contracts.once_contract import OnceEmailContract
from infra_ref.notification.contracts.retrying_contract import RetryingEmailContract
from infra_ref.notification.contracts.sms_service_contract import SmsServiceContract
from infra_ref.notification.decorators.once_email_service import OnceEmailService
from infra_ref.notification.fan_out_notifier import FanOutNotifier
from infra_ref.notification.http_sms_service import HttpSmsService
from infra_ref.notification.jinja_templates import JinjaTemplates
from infra_ref.notification.make_email_service import make_email_service
from infra_ref.notification.memory_email_service import MemoryEmailService
from infra_ref.notification.memory_sms_service import MemorySmsService
from infra_ref.notification.notifier_port import Notice
from infra_ref.notification.port import Accepted, Address, Email
from infra_ref.notification.sms_port import Sms
from infra_ref.result import Err, Ok
from tests.notification import test_http_sms_service_contract as http
from tests.notification import test_once_on_redis as once
from tests.notification.broken_others import BROKEN_NOTIFIERS, BROKEN_ONCE, BROKEN_RETRIES, BROKEN_SMS

ANN, SHOP = Address("ann@shop.test", "Ann"), Address("shop@shop.test")


class LoopbackProvider(http.SmsProvider, LoopbackServer):
    """On sockets of this machine."""


class TestHttpSmsOnSockets(http.OnProvider):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[HttpSmsService]:
        async with LoopbackProvider() as self.server, httpx.AsyncClient(trust_env=False) as client:
            self.service = self.kind(HttpxHttpClient(client), url=self.url(), sender="Shop", timeout=0.5)
            yield self.service


class Given(Contract):
    kind: Any

    def make(self) -> Any:
        return self.kind


class GivenNotifier(Given, NotifierContract): ...


class GivenRetries(Given, RetryingEmailContract): ...


DIAGONAL: dict[type[Contract], tuple[type[Contract], dict[str, Any]]] = {
    SmsServiceContract: (http.TestHttpSmsInMemory, BROKEN_SMS),
    NotifierContract: (GivenNotifier, BROKEN_NOTIFIERS),
    RetryingEmailContract: (GivenRetries, BROKEN_RETRIES),
    OnceEmailContract: (once.TestOnceOnFakeredis, BROKEN_ONCE),
}


@pytest.mark.parametrize("contract", DIAGONAL, ids=lambda one: one.__name__)
def test_no_rule_is_without_one(contract: type[Contract]) -> None:
    assert list(DIAGONAL[contract][1]) == [one.number for one in contract.rules()]


@pytest.mark.parametrize(
    ("bench", "kind", "number"),
    [
        pytest.param(bench, kind, number, id=number)
        for bench, broken in DIAGONAL.values()
        for number, kind in broken.items()
    ],
)
def test_a_broken_one_breaks_just_its_rule(bench: type[Contract], kind: Any, number: str) -> None:
    report = run(type("Held", (bench,), {"kind": kind}).verify())
    assert report.broken == (number,), report


# Texts and notices


@given(st.text())
def test_a_number_is_in_the_form_of_e_164(text: str) -> None:
    if re.fullmatch(r"\+[1-9][0-9]{6,14}", text, re.ASCII):
        assert Sms(text, "").to == text
    else:
        with pytest.raises(ValueError, match="write a number"):
            Sms(text, "")


def test_a_notice_goes_out_by_mail_and_by_sms() -> None:
    mail, sms = MemoryEmailService(), MemorySmsService()
    channels = {
        "mail": EmailChannel(mail, sender=SHOP, to=ANN),
        "sms": SmsChannel(sms, to="+4915112345678"),
    }
    notice = Notice("The lamps are out " * 20, "All of them.", "alert 7")
    mail.server.answer(ANN.email, 550, 250)

    async def twice() -> Any:
        notifier = FanOutNotifier(channels)
        return await notifier.notify(notice), await notifier.notify(notice)

    first, second = run(twice())
    assert isinstance(first["mail"], Err)
    assert (first["sms"], second) == (Ok(None), {"mail": Ok(None), "sms": Ok(None)})
    [sent] = sms.sent
    assert sent.text == notice.subject[:160]
    [seen] = mail.server.received
    assert (seen.header("Subject"), seen.body("plain")) == (notice.subject, "All of them.\n")


def test_a_notice_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        Notice("a\nb")


# Templates

WELCOME = {
    "welcome.subject": "Welcome, {{ name }}\n",
    "welcome.txt": "Hello {{ name }}\n",
    "welcome.html": "<p>Hello {{ name }}</p>",
}


def test_a_value_is_escaped_in_html_and_nowhere_else() -> None:
    content = JinjaTemplates(DictLoader(WELCOME)).render("welcome", name="<b>Ann</b>")
    assert content == {
        "subject": "Welcome, <b>Ann</b>",
        "text": "Hello <b>Ann</b>\n",
        "html": "<p>Hello &lt;b&gt;Ann&lt;/b&gt;</p>",
    }


@given(st.text())
def test_no_value_brings_markup_into_html(name: str) -> None:
    html = JinjaTemplates(DictLoader(WELCOME)).render("welcome", name=name)["html"]
    inside = html.removeprefix("<p>Hello ").removesuffix("</p>")
    assert not set("<>\"'") & set(inside)


def test_a_missing_value_and_a_line_break_in_a_subject_are_refused() -> None:
    templates = JinjaTemplates(DictLoader(WELCOME))
    with pytest.raises(UndefinedError, match="name"):
        templates.render("welcome")
    content = templates.render("welcome", name="Ann\nBcc: eve@evil.test")
    with pytest.raises(ValueError, match="one line"):
        Email(**content, sender=SHOP, to=(ANN,))


# By URL


def test_an_unknown_url_says_what_to_write() -> None:
    async def opened(url: str) -> None:
        async with make_email_service(url) as service:
            assert isinstance(service, MemoryEmailService)

    run(opened("memory://"))
    for url in ("pigeon://h", "", "mail.test:587"):
        with pytest.raises(ValueError, match="memory://, smtp://"):
            run(opened(url))


# What no rule says


def test_a_store_that_goes_away_after_sending_hides_no_result() -> None:
    class Leaving(MemoryCache[Any]):
        async def fill(self, lease: Any, value: Any, *, ttl: float | None = None) -> bool:
            raise CacheUnavailable("fill")

    mail = MemoryEmailService()
    email = Email(sender=SHOP, to=(ANN,), subject="", text="", idempotency_key="order 7")
    assert run(OnceEmailService(mail, cache=Leaving()).send(email)) == {ANN.email: Ok(Accepted())}


def test_a_key_is_kept_for_as_long_as_was_asked() -> None:
    async def sent_after(seconds: float) -> int:
        clock, mail = FakeClock(), MemoryEmailService()
        once = OnceEmailService(mail, cache=MemoryCache(clock=clock), keep=100.0)
        email = Email(sender=SHOP, to=(ANN,), subject="", text="", idempotency_key="order 7")
        await once.send(email)
        await clock.advance(seconds)
        await once.send(email)
        return len(mail.server.received)

    assert (run(sent_after(99.0)), run(sent_after(101.0))) == (1, 2)


def test_a_provider_is_waited_for_as_long_as_it_asks_and_no_longer_than_was_said() -> None:
    inner = Inner(failed(TooManyRequests, status=429, retry_after=7.0))
    service = HttpSmsService(inner, url="http://peer.test/messages", sender="Shop", timeout=2.0)
    refused = run(service.send_text(Sms("+4915112345678", "hello")))
    assert isinstance(refused, Err)
    assert refused.error.retry_after == 7.0
    [request] = inner.calls
    assert (request.options.timeout, request.options.deadline) == (2.0, 6.0)


def test_a_notice_without_a_text_is_mailed_with_its_subject() -> None:
    mail = MemoryEmailService()
    run(EmailChannel(mail, sender=SHOP, to=ANN).deliver(Notice("Down")))
    assert mail.server.received[0].body("plain") == "Down\n"
