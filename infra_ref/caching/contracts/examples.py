"""Values, keys and times that the rules of caching share."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any


class Miss(Enum):
    """Distinguishes a miss from any value that could be cached."""

    MISS = "a miss"

    def __repr__(self) -> str:
        return self.value


MISS = Miss.MISS
MINUTE = 60.0
BRIEFLY = 0.1
A_BIT_MORE = 0.15
"""Seconds. Short, because a server's clock cannot be moved."""

DEPTH = 5_000 if sys.platform == "emscripten" else 100_000
"""More than any copier or codec follows; a browser's Python crashes when it frees a list 20,000 deep."""

AWKWARD_KEYS = (
    *("", " ", "a b", "a:b", "a*", "a?", "[a]", "a\\", "\\*", "a\nb", "a\x00b"),
    *("ключ", "é", "🔑", "k" * 5000),
)


def nested(depth: int = DEPTH) -> list[Any]:
    """Return a list in a list, that many deep."""
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    return deep
