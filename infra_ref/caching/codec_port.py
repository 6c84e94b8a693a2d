"""The port of codecs: values as bytes."""

from __future__ import annotations

from typing import Protocol, TypeVar

V = TypeVar("V")


class UndecodableError(Exception):
    """A codec was given bytes that it did not write, or that an older version of it wrote."""


class Codec(Protocol[V]):
    """Turns values into bytes and back."""

    def encode(self, value: V) -> bytes:
        """Raises TypeError for a value that it could not restore unchanged."""
        ...

    def decode(self, data: bytes) -> V:
        """Raises UndecodableError for anything that it did not write."""
        ...
