"""Messages with the headers that carry what is not their body, and back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from infra_ref.event_bus.queue_port import Message


def headers_of(message: Message) -> dict[str, str]:
    """Return the headers; the server drops another message with the same `Nats-Msg-Id`."""
    headers = {
        "Nats-Msg-Id": quote(message.transport_id),
        "Event-Id": quote(message.id),
        "Event-Key": quote(message.key),
        "Generation": str(message.generation),
    }
    return headers if message.to is None else {**headers, "To": message.to}


def message_of(sequence: int, body: bytes, headers: Mapping[str, str]) -> Message:
    """Return what was received; of what is not ours, nothing that could be decoded."""
    generation = headers.get("Generation", "")
    return Message(
        id=unquote(headers.get("Event-Id", str(sequence))),
        key=unquote(headers.get("Event-Key", str(sequence))),
        body=body,
        generation=int(generation) if generation.isdigit() else 0,
        to=headers.get("To"),
    )
