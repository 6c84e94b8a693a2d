"""The port of email: what is sent, and what became of it for each recipient.

The values refuse line breaks: whoever chose such a name would choose headers, and so recipients (CWE-93).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from infra_ref.notification.errors import Undelivered
from infra_ref.result import Result

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"  # RFC 5322, 3.4.1
LONGEST = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3, without its brackets)."""


def one_line(what: str, text: str) -> None:
    """Raise ValueError for text with a line break or another control character, naming `what` it is."""
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text):
        raise ValueError(f"{what} is one line of text; a line break in it would forge a header")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox, and the `name` that its reader sees. Raises ValueError for what is no address."""

    email: str
    name: str = ""

    def __post_init__(self) -> None:
        one_line("a name", self.name)
        if len(self.email) > LONGEST or not re.fullmatch(_ADDRESS, self.email):
            raise ValueError("write an address as in ann@shop.test, a domain in another script as xn--...")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; if `inline`, a picture that the HTML shows as `<img src="cid:NAME">`."""

    name: str
    data: bytes = field(repr=False)
    media_type: str = "application/octet-stream"
    inline: bool = False

    def __post_init__(self) -> None:
        one_line("the name of a file", self.name)
        if not re.fullmatch(rf"(?!(?i:message|multipart)/){_ATOM}/{_ATOM}", self.media_type):  # RFC 2045, 6.4
            raise ValueError(f"a media type of one file, such as image/png, is not {self.media_type!r}")
        if self.inline and not re.fullmatch(r"[A-Za-z0-9._-]+", self.name):
            raise ValueError("the name of an inline file has letters, digits and ._- only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A mail. `text` is always there, for readers that show no HTML.

    With an `idempotency_key` it has the same Message-ID each time, and whoever keeps keys sends
    it once. Raises ValueError where nobody gets it, or a line break is where none may be.
    """

    sender: Address
    to: tuple[Address, ...] = ()
    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    files: tuple[File, ...] = ()
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        one_line("a subject", self.subject)
        if not self.recipients:
            raise ValueError("nobody gets this mail: name a recipient in `to`, `cc` or `bcc`")
        if self.html is None and any(one.inline for one in self.files):
            raise ValueError('an inline file needs `html` that shows it: <img src="cid:NAME">')

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses that it goes to, each once."""
        return tuple(dict.fromkeys(one.email for one in (*self.to, *self.cc, *self.bcc)))

    def recipients_in(self, only: Collection[str] | None) -> tuple[str, ...]:
        """Return those of them that are in `only`, or all for None. Raises TypeError for a str."""
        if isinstance(only, str):  # ann@shop.test is in "joann@shop.test"
            raise TypeError(f"`only` is a collection of addresses: write [{only!r}]")
        return tuple(one for one in self.recipients if only is None or one in only)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service has taken it over. That somebody has read it, or will, nobody knows."""


Receipts: TypeAlias = dict[str, Result[Accepted, Undelivered]]
"""What became of it, by recipient."""


class EmailService(Protocol):
    """Sends mail."""

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        """Send it to its recipients, or to those of them that are in `only`; the headers name all of them.

        One that is refused stops no other. Raises ValueError for text that UTF-8 cannot hold.
        """
        ...
