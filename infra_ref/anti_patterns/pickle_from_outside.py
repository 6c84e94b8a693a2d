"""Pickle from outside: whoever can write to the cache runs code in the shop."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from infra_ref.caching.codec_port import UndecodableError
from infra_ref.caching.value_codecs.json_codec import JsonCodec

UNIT = "of 3 forged entries ran their own code"

Decode = Callable[[bytes], Any]
_ran: list[str] = []


def run(code: str) -> str:
    """Stand for what an attacker would run, such as `os.system`."""
    _ran.append(code)
    return code


class Forged:
    """Says of itself that it is made by a call."""

    def __reduce__(self) -> tuple[Callable[[str], str], tuple[str]]:
        return run, ("send the customers to me",)


def bad(kept: bytes) -> Any:
    """Return what the cache holds."""
    return pickle.loads(kept)


def repaired(kept: bytes) -> Any:
    """Return what the cache holds, data and nothing else; None for what it cannot be."""
    try:
        return JsonCodec().decode(kept)
    except UndecodableError:
        return None


async def measure(decode: Decode) -> int:
    """Return how many of three entries that somebody put into the cache run code when they are read."""
    _ran.clear()
    for protocol in (0, 2, 5):
        decode(pickle.dumps(Forged(), protocol))
    return len(_ran)
