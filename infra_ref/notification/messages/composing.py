"""`compose`: a mail as the bytes that go over the wire, with CRLF and without Bcc.

The standard library encodes the body. The headers are put together here: until Python 3.11.9 and
3.12.3, `EmailMessage` encodes the comma between two addresses where a long line of names with accents
is folded, and so loses recipients.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from infra_ref.notification.port import Address, Email, File

_PLAIN = r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*"
_WIDTH = 60
"""Characters that fit a line beside the name of its header (RFC 5322, 2.1.1: at most 78)."""


def compose(email: Email) -> bytes:
    """Return the mail in the form of RFC 5322; with an idempotency key its Message-ID is always the same.

    Its Date is the current time. Raises ValueError for text that UTF-8 cannot hold.
    """
    headers = {
        "From": _mailboxes([email.sender]),
        "To": _mailboxes(email.to),
        "Cc": _mailboxes(email.cc),
        "Reply-To": _mailboxes(email.reply_to),
        "Subject": _words(email.subject),
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<{_mark(email.idempotency_key)}@{email.sender.email.partition('@')[2]}>",
    }
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if value or name == "Subject"]
    return "".join(lines).encode("ascii") + _body(email).as_bytes()


def _mailboxes(addresses: Iterable[Address]) -> str:
    return ",\r\n ".join(f"{_words(one.name)} <{one.email}>" if one.name else one.email for one in addresses)


def _words(text: str) -> str:
    """Return text for a header: as it is, or where that could mean something else as RFC 2047 encodes it."""
    if not text or (len(text) <= _WIDTH and re.fullmatch(_PLAIN, text)):
        return text
    return Header(text, "utf-8", maxlinelen=_WIDTH).encode(linesep="\r\n")


def _mark(key: str | None) -> str:
    return secrets.token_hex(16) if key is None else hashlib.sha256(key.encode()).hexdigest()[:32]


def _body(email: Email) -> EmailMessage:
    from email.policy import SMTP  # here, for it takes longer to import than all else of this pattern

    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # so that it passes every server
    message.set_content(email.text)
    if email.html is not None:
        message.add_alternative(email.html, subtype="html")
        html: Any = message.get_payload()[-1]  # type: ignore[index]  # of a multipart it is a list
        for file in email.files:
            if file.inline:
                named = {"cid": f"<{file.name}>", "filename": file.name, "disposition": "inline"}
                html.add_related(file.data, *_media(file), **named)
    for file in email.files:
        if not file.inline:
            message.add_attachment(file.data, *_media(file), filename=file.name)
    return message


def _media(file: File) -> tuple[str, str]:
    kind, _, subtype = file.media_type.partition("/")
    return kind, subtype
