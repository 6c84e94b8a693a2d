"""Pickle from outside: whoever can write to the cache runs code in the shop."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from infra_ref.caching.codec_port import Codec, UndecodableError
from infra_ref.caching.value_codecs.json_codec import JsonCodec

UNIT = "of 3 forged entries ran their own code"

MakeCodec = Callable[[], Codec[Any]]
_ran: list[str] = []


def run(code: str) -> str:
    """Stand for what an attacker would run, such as `os.system`."""
    _ran.append(code)
    return code


class Forged:
    """Says of itself that it is made by a call."""

    def __reduce__(self) -> tuple[Callable[[str], str], tuple[str]]:
        return run, ("send the customers to me",)


class PickleCodec:
    """Turns any value into bytes and back."""

    def encode(self, value: Any) -> bytes:
        """Return it as bytes."""
        return pickle.dumps(value)

    def decode(self, data: bytes) -> Any:
        """Return what the cache holds."""
        return pickle.loads(data)


def repaired() -> Codec[Any]:
    """Return a codec of data and nothing else; what it did not write is no value."""
    return JsonCodec()


bad = PickleCodec


async def measure(make: MakeCodec) -> int:
    """Return how many of three entries that somebody put into the cache run code when they are read."""
    _ran.clear()
    for protocol in (0, 2, 5):
        with suppress(UndecodableError):
            make().decode(pickle.dumps(Forged(), protocol))
    return len(_ran)
