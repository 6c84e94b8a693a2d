"""An event as bytes: the JSON format of CloudEvents 1.0, which other languages read too.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from infra_ref.events import DomainEvent
from infra_ref.failures import Failure, Refused

LARGEST = 1_000_000
"""Bytes that an event may take: NATS takes no more in one message, nor does SQS."""

SPEC = "1.0"
_EXTENSIONS = {n: n.replace("_", "") for n in ("version", "correlation_id", "causation_id", "traceparent")}
"""CloudEvents' names of what is not its own: lower case letters and digits."""

Upcast: TypeAlias = Callable[[DomainEvent], DomainEvent]
"""Makes an event of an old type one of the next: `order.placed` becomes `order.placed.v2`."""


@dataclass(frozen=True, slots=True)
class NotSerialisable(Failure):
    """The event's data is not plain JSON."""

    id: str
    why: str

    def __str__(self) -> str:
        return f"the data of event {self.id!r} is no plain JSON ({self.why}): use text, numbers, lists, dicts"


@dataclass(frozen=True, slots=True)
class EventTooLarge(Failure):
    """The event takes more bytes than a message may have."""

    id: str
    size: int
    limit: int

    def __str__(self) -> str:
        return (
            f"event {self.id!r} takes {self.size} bytes and may take {self.limit}: "
            "store what is large elsewhere, and send where it is"
        )


@dataclass(frozen=True, slots=True)
class NotUnderstood(Failure):
    """Bytes that are no event, or one in a format of the future."""

    why: str

    def __str__(self) -> str:
        return f"not an event that can be read here: {self.why}"


def encode(event: DomainEvent, *, version: int | None = None, largest: int = LARGEST) -> bytes:
    """Return the event as bytes, with that version if given.

    Raises Refused with NotSerialisable or EventTooLarge.
    """
    plain: dict[str, Any] = {
        "specversion": SPEC,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "data": dict(event.data),
    }
    for ours, theirs in _EXTENSIONS.items():
        if (value := getattr(event, ours)) is not None:
            plain[theirs] = value
    if version is not None:
        plain["version"] = version
    try:
        body = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(NotSerialisable(event.id, str(error), cause=error)) from error
    if len(body) > largest:
        raise Refused(EventTooLarge(event.id, len(body), largest))
    return body


def decode(body: bytes, upcasts: Mapping[str, Upcast] | None = None) -> DomainEvent:
    """Return the event, of the newest type that `upcasts` lead to; an unknown type is kept as it is.

    `upcasts` are by the type that they take. Raises Refused with NotUnderstood.
    """
    try:
        plain = json.loads(body)
        if plain["specversion"].partition(".")[0] != "1":
            raise Refused(NotUnderstood(f"it has specversion {plain['specversion']!r}; this is {SPEC}"))
        more = {ours: plain[theirs] for ours, theirs in _EXTENSIONS.items() if theirs in plain}
        event = DomainEvent(
            type=plain["type"],
            subject=plain["subject"],
            data=plain.get("data", {}),
            id=plain["id"],
            source=plain["source"],
            time=datetime.fromisoformat(plain["time"]),
            **more,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(NotUnderstood(f"{type(error).__name__}: {error}", cause=error)) from error
    return upcast(event, upcasts or {})


def upcast(event: DomainEvent, upcasts: Mapping[str, Upcast]) -> DomainEvent:
    """Return the event as its newest type. Raises Refused with NotUnderstood for upcasts in a circle."""
    seen: set[str] = set()
    while (step := upcasts.get(event.type)) is not None:
        if event.type in seen:
            raise Refused(NotUnderstood(f"its upcasts go in a circle: {', '.join(sorted(seen))}"))
        seen.add(event.type)
        event = step(event)
    return event
