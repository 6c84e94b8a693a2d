"""Typed values as JSON, checked on the way in and out by pydantic."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from infra_ref.caching.codec_port import UndecodableError

V = TypeVar("V")


class PydanticCodec(Generic[V]):
    """A `Codec` for any type that pydantic knows: models, dataclasses, `list[int]`, unions."""

    def __init__(self, kind: type[V] | Any) -> None:
        self._adapter: TypeAdapter[V] = TypeAdapter(kind)

    def encode(self, value: V) -> bytes:
        """Raises TypeError for a value that is not of the type, or would come back changed, as NaN does.

        Pydantic writes some values that it reads as others: infinity as null, and
        with `Any` a tuple as a list. So what was written is read again, and compared.
        """
        try:
            data = self._adapter.dump_json(value, by_alias=True, round_trip=True, warnings="error")
            if self._adapter.validate_json(data) == value:
                return data
            why = "would come back changed"
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            why = type(error).__name__  # its text would quote the value
        raise TypeError(f"this {type(value).__name__} is not what this cache keeps: {why}")

    def decode(self, data: bytes) -> V:
        """Raises UndecodableError for what does not fit the type, as after a change of the model."""
        try:
            return self._adapter.validate_json(data)
        except (ValidationError, RecursionError):
            # Its text would quote the value, so it is not kept as the cause.
            raise UndecodableError("not of the type that this cache keeps") from None
