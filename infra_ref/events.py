"""`DomainEvent`: the envelope that every pattern shares."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that has happened. Its field names are those of CloudEvents 1.0.

    `type` names what happened (`user.renamed`), `subject` the aggregate that it happened to, `version`
    that aggregate's version after it (None where it has none). `correlation_id` is shared by all that one
    request set off; `causation_id` is the id of the message that directly caused this one. `traceparent`
    names the span that published it; it is how the event travelled, so two are equal without it.

    Raises ValueError for an empty `type`, `subject`, `id` or `source`, and for a `time` without a zone.

    >>> renamed = DomainEvent(type="user.renamed", subject="7", data={"name": "Ada"})
    >>> welcome = DomainEvent(type="mail.sent", subject="7", causation_id=renamed.id)
    """

    type: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    source: str = "/"
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: int | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("type", "subject", "id", "source"):
            if not getattr(self, name):
                raise ValueError(f"a DomainEvent needs a {name}")
        if self.time.tzinfo is None:
            raise ValueError("a DomainEvent's time needs a zone: datetime.now(UTC)")
