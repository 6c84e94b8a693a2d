"""A customer, and the rules that hold for one."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra_ref.events import DomainEvent
from infra_ref.failures import Failure


class BadEmail(Failure):
    """Mail cannot be sent to what was given."""

    __slots__ = ()


@dataclass(slots=True)
class User:
    """A customer; no two have the same `email`."""

    id: str
    email: str
    name: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list[DomainEvent], compare=False, repr=False)

    def rename(self, name: str) -> None:
        """Give another name; giving the same one is nothing that has happened."""
        if name != self.name:
            self.name = name
            self.events.append(DomainEvent(type="user.renamed", subject=self.id, data={"name": name}))


def is_email(text: str) -> bool:
    """Return whether it has the shape of an address; only a sent mail tells whether it is one.

    >>> is_email("ada@example.org"), is_email("ada@"), is_email("a@b c")
    (True, False, False)
    """
    name, at, host = text.partition("@")
    return bool(name and at and host) and not any(c.isspace() or c == "@" for c in name + host)
