"""How much memory a value takes, for a cache that is bounded in bytes."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def deep_size(value: object) -> int:
    """Return the bytes of a value and of everything that it holds, each object counted once."""
    seen: set[int] = set()
    todo, total = [value], 0
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if isinstance(one, Mapping):
            todo += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            todo += one
        else:
            todo += vars(one).values() if hasattr(one, "__dict__") else ()
            slots = {name for kind in type(one).__mro__ for name in vars(kind).get("__slots__", ())}
            todo += [getattr(one, name) for name in slots if hasattr(one, name)]
    return total
