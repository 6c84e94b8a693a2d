"""A scripted mail server, for the fake and for the real one of the tests, and the mails that it received."""

from __future__ import annotations

import base64
from collections import defaultdict, deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Literal, TypeAlias, cast

Fault: TypeAlias = Literal["gone", "hangs", "lost"]
"""No connection; no answer to a recipient; the mail is taken, and the answer does not come."""

CONTENT = "DATA"
"""Stands for a recipient where the answer to the mail itself is scripted."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """`sender` and `recipients` are those of the envelope, `raw` is what came after DATA."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        from email.policy import default

        return message_from_bytes(self.raw, policy=default)

    def header(self, name: str) -> str:
        """Return a header decoded, "" where there is none."""
        return _decoded(self._raw_header(name))

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """Return the mailboxes of a header, each as name and address."""
        return [(_decoded(shown), email) for shown, email in getaddresses([self._raw_header(name)]) if email]

    def body(self, kind: str) -> str | None:
        """Return the body that is "plain" or "html", None where there is none."""
        part = self.message.get_body((kind,))
        return None if part is None else cast(EmailMessage, part).get_content().replace("\r\n", "\n")

    def _raw_header(self, name: str) -> str:
        compat = message_from_bytes(self.raw)
        return "".join(str(compat.get(name, "")).splitlines())

    def __str__(self) -> str:
        head = [f"{name}: {shown}" for name, shown in self._head()]
        return "\n".join([*head, "", self.body("plain") or ""])

    def _repr_html_(self) -> str:
        """Return the mail in a frame of its own, in which no script runs and nothing is fetched."""
        import html  # here and above, for only who looks at a mail needs it

        page = self.body("html")
        if page is None:
            page = f"<pre style='white-space: pre-wrap'>{html.escape(self.body('plain') or '')}</pre>"
        for part in self.message.walk():
            if name := (part["Content-ID"] or "").strip("<> "):
                data = base64.b64encode(cast(bytes, part.get_payload(decode=True))).decode()
                page = page.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{data}")
        head = "".join(f"<dt>{name}</dt><dd>{html.escape(shown)}</dd>" for name, shown in self._head())
        frame = html.escape(_POLICY + page)
        page = f"<iframe sandbox title='mail' srcdoc='{frame}'></iframe>"
        return f"{_STYLE}<div class='ir-mail'><dl>{head}</dl>{page}</div>"

    def _head(self) -> list[tuple[str, str]]:
        names = [one.get_filename() or "" for one in self.message.iter_attachments()]
        head = [(name, self.header(name)) for name in ("From", "To", "Cc", "Subject")]
        head += [("Sent to", ", ".join(self.recipients)), ("Files", ", ".join(names))]
        return [(name, shown) for name, shown in head if shown]


class ScriptedMailServer:
    """Takes every mail unless scripted; `received` holds them. `fault` is what is wrong with it now."""

    def __init__(self) -> None:
        self.received: list[ReceivedMail] = []
        self.fault: Fault | None = None
        self._codes: dict[str, deque[int]] = defaultdict(lambda: deque([250]))

    def answer(self, recipient: str, *codes: int) -> None:
        """Give these to the next mails for that recipient, one each, or to `CONTENT`; the last one stays."""
        self._codes[recipient] = deque(codes)

    def next(self, recipient: str) -> int:
        """Return what to answer now."""
        codes = self._codes[recipient]
        return codes.popleft() if len(codes) > 1 else codes[0]

    async def cut(self) -> None:
        """Be gone."""
        self.fault = "gone"

    async def restore(self) -> None:
        """Be back."""
        self.fault = None


def _decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "img-src data:; style-src 'unsafe-inline'\">"
)
_STYLE = """<style>
.ir-mail { border: 1px solid rgba(128, 128, 128, .5); border-radius: 4px; max-width: 44em; margin: .4em 0; }
.ir-mail dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em .8em; margin: .5em .8em; }
.ir-mail dt { opacity: .75; font-weight: 400; white-space: nowrap; }
.ir-mail dd { margin: 0; overflow-wrap: anywhere; }
.ir-mail iframe { width: 100%; height: 14em; border: 0; resize: vertical; }
.ir-mail iframe { background: white; color-scheme: light; }
</style>"""
