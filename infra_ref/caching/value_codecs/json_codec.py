"""Plain data as JSON."""

from __future__ import annotations

import json
from typing import Any

from infra_ref.caching.codec_port import UndecodableError


class JsonCodec:
    """A `Codec` for None, bool, int, float, str, and lists and dicts (with str keys) of these.

    What JSON would give back changed, such as a tuple or an int as a key, is refused.
    """

    def encode(self, value: Any) -> bytes:
        """Raises TypeError for a value that JSON cannot give back as it was."""
        try:
            _check(value)
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError) as error:
            raise TypeError(
                f"this {type(value).__name__} cannot be written as JSON: {type(error).__name__}"
            ) from error

    def decode(self, data: bytes) -> Any:
        """Raises UndecodableError for what is not JSON."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise UndecodableError("not JSON") from error


def _check(value: object) -> None:
    kind = type(value)
    if kind is list:
        for one in value:  # type: ignore[attr-defined]  # it is a list
            _check(one)
    elif kind is dict:
        for key, one in value.items():  # type: ignore[attr-defined]  # it is a dict
            if type(key) is not str:
                raise TypeError(
                    f"JSON keys are str, not {type(key).__name__}; cache it with a PydanticCodec of its type"
                )
            _check(one)
    elif kind not in (str, int, float, bool, type(None)):
        raise TypeError(f"JSON gives no {kind.__name__} back; cache it with a PydanticCodec({kind.__name__})")
