"""The exercises of the notebook on notification, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import raised, rule
from infra_ref.notification.contracts.email_service_contract import ANN, BOB, CYD, mail
from infra_ref.notification.contracts.inner import Inner, accepted, deferred
from infra_ref.notification.contracts.retrying_contract import STEADY, RetryingEmailContract
from infra_ref.notification.port import Accepted
from infra_ref.result import Ok
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Header = Callable[[str, str], str]


def seen(header: str) -> list[tuple[str, str]]:
    """Return the mailboxes that a reader of mail finds in a header, each as name and address."""
    found = getaddresses([header.removeprefix("To: ").replace("\r\n", "").replace("\n", "")])
    return [(str(make_header(decode_header(name))), email) for name, email in found]


async def plain(to_header: Header) -> None:
    """Check a usual name."""
    header = to_header("Ann", ANN)
    assert header.startswith("To: ")
    assert seen(header) == [("Ann", ANN)]


async def one_line(to_header: Header) -> None:
    """Check names that would be more than one line."""
    for sign in ("\n", "\r", "\r\n", "\v", "\u2028"):
        for name in (f"Ann{sign}Bcc: eve@evil.test", f"Ann{sign}"):
            with raised(ValueError, repr(name)):
                to_header(name, ANN)


async def signs(to_header: Header) -> None:
    """Check names with signs that mean something in a header."""
    for name in ("Ann, the first", "Ann <eve@evil.test>", 'Ann "Lamp" Bo', "eve@evil.test, Ann", "Ann \\"):
        assert seen(to_header(name, ANN)) == [(name, ANN)]


async def scripts(to_header: Header) -> None:
    """Check names in other scripts."""
    for name in ("Zoë", "李, 小龙"):
        header = to_header(name, ANN)
        assert header.isascii()
        assert seen(header) == [(name, ANN)]


HEADER = Exercise(
    id="notification/header",
    title="A header for any name",
    task="""
        Return the header `To: NAME <EMAIL>`. A name may have commas, quotes and brackets, and be in any
        script; it must come back as it is, with one address. One with a line break is a ValueError,
        of any kind that `splitlines` knows, and at its end too.
        `formataddr((name, email))` of the standard library knows the quoting, and lets line breaks through.
    """,
    makes="to_header",
    given="from email.utils import formataddr",
    frame="""
        def to_header(name, email):
            ____
    """,
    blank='return f"To: {name} <{email}>"',
    solution="""
        if len(name.splitlines()) > 1 or not name.isprintable():
            raise ValueError("a name is one line of text")
        return f"To: {formataddr((name, email))}"
    """,
    wrong=(
        Wrong(
            "only one kind of line break",
            """
            if "\\n" in name:
                raise ValueError("a name is one line of text")
            return f"To: {formataddr((name, email))}"
            """,
            breaks=("TWO",),
            feedback="""
                Many servers take a lone CR for the end of a line as well. Ask what may be there, not what
                may not: `name.isprintable()`.
            """,
        ),
        Wrong(
            "the two usual ones",
            """
            if "\\n" in name or "\\r" in name:
                raise ValueError("a name is one line of text")
            return f"To: {formataddr((name, email))}"
            """,
            breaks=("TWO",),
            feedback="""
                Python ends a line at ten signs, and its own parser of mail takes some of them for the end
                of a header. Ask what may be there, not what may not: `name.isprintable()`.
            """,
        ),
        Wrong(
            "a line break at the end",
            """
            if len(name.splitlines()) > 1:
                raise ValueError("a name is one line of text")
            return f"To: {formataddr((name, email))}"
            """,
            breaks=("TWO",),
            feedback="""
                `"Ann\\n".splitlines()` is one line, and the header that it makes is two. What is more than
                one line is not printable: `name.isprintable()`.
            """,
        ),
        Wrong(
            "the line break cut out",
            """
            name = " ".join(name.splitlines())
            return f"To: {formataddr((name, email))}"
            """,
            breaks=("TWO",),
            feedback="""
                Nobody has a name of two lines: whoever sends one tries something, and should not become a
                customer called "Ann Bcc: eve@evil.test". Refuse it with a ValueError.
            """,
        ),
        Wrong(
            "quoted by hand",
            """
            if not name.isprintable():
                raise ValueError("a name is one line of text")
            return f'To: "{name}" <{email}>'
            """,
            breaks=("THREE", "FOUR"),
            feedback="""
                A quote in a name ends the quoted part, and a header is ASCII: other scripts are encoded
                (RFC 2047). `formataddr` does both.
            """,
        ),
    ),
    hints=(
        "Two steps: refuse what is more than one line, then let `formataddr` do the quoting.",
        'Refuse with `raise ValueError("a name is one line of text")`.',
    ),
    notice="`Address` refuses when it is made, so that no adapter of the port ever sees such a name.",
    checks=(
        Check("ONE", "a usual name comes back with its address", plain),
        Check("TWO", "a name with a line break of any kind is a ValueError", one_line),
        Check("THREE", "commas, quotes and brackets stay part of the name", signs),
        Check("FOUR", "a name in another script comes back, and the header is ASCII", scripts),
    ),
)


class TogetherContract(RetryingEmailContract):
    """The contract, and two rules about those who were refused."""

    @rule("TOGETHER-01", "all who were refused for now are sent to again, in one mail")
    async def together(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        for one in (ANN, BOB):
            inner.script(one, deferred, deferred, accepted)
        receipts = await self._sent(wrap(inner, backoff=STEADY, clock=clock), ANN, BOB, CYD)
        assert inner.calls == [(ANN, BOB, CYD), (ANN, BOB), (ANN, BOB)]
        assert receipts == dict.fromkeys((ANN, BOB, CYD), Ok(Accepted()))

    @rule("TOGETHER-02", "the waits are those of the backoff, longer each time")
    async def waits_as_told(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred)
        sending = asyncio.create_task(wrap(inner, backoff=STEADY, clock=clock).send(mail(ANN)))
        seen = []
        for attempt in (1, 2):
            for seconds in (STEADY.wait(attempt) - 1, 1):
                await clock.advance(seconds)
                seen.append(len(inner.calls))
        await clock.advance(STEADY.wait(3))
        await sending
        assert seen == [1, 2, 2, 3]


RESEND = Exercise(
    id="notification/resend",
    title="Again, to whom it helps",
    task="""
        Send again to those who were refused for now: their receipt is an `Err` whose `error.retryable`
        is true. `only=` says to whom. Wait `self.backoff.wait(attempt)` seconds of `self.clock` before.
    """,
    makes="Resending",
    given="from infra_ref.result import Err",
    frame="""
        class Resending:
            def __init__(self, inner, *, backoff, clock, attempts=4, patience=0):
                self.inner, self.attempts = inner, attempts
                self.backoff, self.clock = backoff, clock

            async def send(self, email, *, only=None):
                receipts = await self.inner.send(email, only=only)
                for attempt in range(1, self.attempts):
                    ____
                return receipts
    """,
    blank="await self.clock.sleep(self.backoff.wait(attempt))",
    solution="""
        failed = {one: got.error for one, got in receipts.items() if isinstance(got, Err)}
        again = [one for one, error in failed.items() if error.retryable]
        if not again:
            break
        await self.clock.sleep(self.backoff.wait(attempt))
        receipts |= await self.inner.send(email, only=again)
    """,
    wrong=(
        Wrong(
            "to everybody",
            """
            failed = [got.error for got in receipts.values() if isinstance(got, Err)]
            if not any(error.retryable for error in failed):
                break
            await self.clock.sleep(self.backoff.wait(attempt))
            receipts |= await self.inner.send(email, only=only)
            """,
            breaks=("RESEND-02", "TOGETHER-01"),
            feedback="Who has the mail already gets it a second time. Say to whom: `only=again`.",
        ),
        Wrong(
            "whatever the error",
            """
            again = [one for one, got in receipts.items() if isinstance(got, Err)]
            if not again:
                break
            await self.clock.sleep(self.backoff.wait(attempt))
            receipts |= await self.inner.send(email, only=again)
            """,
            breaks=("RESEND-02", "RESEND-03"),
            feedback="""
                A 5xx is for good: servers block those who try on. And where the fate is not known, the mail
                may have arrived. `error.retryable` is true for neither.
            """,
        ),
        Wrong(
            "at once",
            """
            failed = {one: got.error for one, got in receipts.items() if isinstance(got, Err)}
            again = [one for one, error in failed.items() if error.retryable]
            if again:
                receipts |= await self.inner.send(email, only=again)
            """,
            breaks=("RESEND-07", "TOGETHER-02"),
            feedback="A server that defers wants to be left alone for a while: wait before.",
        ),
        Wrong(
            "the same wait each time",
            """
            failed = {one: got.error for one, got in receipts.items() if isinstance(got, Err)}
            again = [one for one, error in failed.items() if error.retryable]
            if not again:
                break
            await self.clock.sleep(self.backoff.wait(1))
            receipts |= await self.inner.send(email, only=again)
            """,
            breaks=("TOGETHER-02",),
            feedback="Who says no twice needs longer: `self.backoff.wait(attempt)`.",
        ),
        Wrong(
            "one after the other",
            """
            for one, got in list(receipts.items()):
                if isinstance(got, Err) and got.error.retryable:
                    await self.clock.sleep(self.backoff.wait(attempt))
                    receipts |= await self.inner.send(email, only=[one])
            """,
            breaks=("TOGETHER-01",),
            feedback="Each waits for those before it: collect them, wait once, and send one mail to all.",
        ),
        Wrong(
            "only the first of them",
            """
            failed = {one: got.error for one, got in receipts.items() if isinstance(got, Err)}
            again = [one for one, error in failed.items() if error.retryable]
            if not again:
                break
            await self.clock.sleep(self.backoff.wait(attempt))
            receipts |= await self.inner.send(email, only=again[:1])
            """,
            breaks=("TOGETHER-01",),
            feedback="Those behind the first wait for a turn that may not come: `only=again`.",
        ),
    ),
    hints=(
        "First collect who was refused for now; if that is nobody, `break`.",
        "`receipts |= ...` puts the new receipts over the old ones.",
    ),
    notice="`RetryingEmailService` also waits for as long as the server asks, and knows when to give up.",
    contract=TogetherContract,
    only=("RESEND-01", "RESEND-02", "RESEND-03", "RESEND-04", "RESEND-07", "TOGETHER-01", "TOGETHER-02"),
    bench=lambda attempt: lambda: attempt,
)
