"""The exercises of the notebook on notification, in its order."""

from __future__ import annotations

from collections.abc import Callable
from email.header import decode_header, make_header
from email.utils import getaddresses

from infra_ref.contract import raised
from infra_ref.notification.contracts.retrying_contract import RetryingEmailContract
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Header = Callable[[str, str], str]
ANN = "ann@shop.test"


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
    for sign in ("\n", "\r", "\r\n"):
        with raised(ValueError, repr(f"Ann{sign}Bcc: eve@evil.test")):
            to_header(f"Ann{sign}Bcc: eve@evil.test", ANN)


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
        script; it must come back as it is, with one address. One with a line break is a ValueError.
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
            breaks=("RESEND-02",),
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
            breaks=("RESEND-07",),
            feedback="A server that defers wants to be left alone for a while: wait before.",
        ),
    ),
    hints=(
        "First collect who was refused for now; if that is nobody, `break`.",
        "`receipts |= ...` puts the new receipts over the old ones.",
    ),
    notice="`RetryingEmailService` also waits for as long as the server asks, and knows when to give up.",
    contract=RetryingEmailContract,
    only=("RESEND-01", "RESEND-02", "RESEND-03", "RESEND-04", "RESEND-07"),
    bench=lambda attempt: lambda: attempt,
)
