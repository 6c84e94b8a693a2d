"""Messages as entries of a stream, and back."""

from __future__ import annotations

from typing import Any, TypeAlias

from infra_ref.event_bus.queue_port import Message

Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry's name, `milliseconds-number`, and its fields."""


def fields_of(message: Message) -> dict[str, Any]:
    """Return the fields that keep the message."""
    fields = {"id": message.id, "key": message.key, "body": message.body, "generation": message.generation}
    return fields if message.to is None else {**fields, "to": message.to}


def message_of(name: bytes, fields: dict[bytes, bytes]) -> Message:
    """Return what the entry holds; of one that is not ours, or is gone, nothing that could be decoded."""
    to, generation = fields.get(b"to"), fields.get(b"generation", b"")
    return Message(
        id=fields.get(b"id", name).decode(errors="replace"),
        key=fields.get(b"key", name).decode(errors="replace"),
        body=fields.get(b"body", b""),
        generation=int(generation) if generation.isdigit() else 0,
        to=None if to is None else to.decode(errors="replace"),
    )


def entries_of(answer: Any) -> list[Entry]:
    """Return the entries of one stream, from an answer in the shape of RESP2 or of RESP3."""
    streams = list(answer.items()) if isinstance(answer, dict) else answer or []
    entries: Any = [entry for _, entries in streams for entry in entries]
    return entries[0] if entries and isinstance(entries[0], list) else entries


def place(name: bytes) -> tuple[int, int]:
    """Return what entries are in order of."""
    first, _, second = name.partition(b"-")
    return int(first), int(second)


def just_after(name: bytes) -> bytes:
    """Return the name that comes next."""
    first, second = place(name)
    return f"{first}-{second + 1}".encode()
