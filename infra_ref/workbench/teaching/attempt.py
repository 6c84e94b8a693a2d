"""Whether an attempt is still the blank: by what it does when run, not by how it is spelled.

The source of a class in a notebook's cell is not to be had on every Python nor
in every browser; its compiled code always is. Comments, blank lines and the
place in the file make no difference to it.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any, TypeAlias

Essence: TypeAlias = tuple[Any, ...]


def is_blank(attempt: Any, blank: Any) -> bool:
    """Whether both compile to the same code."""
    its = _functions(blank)
    return bool(its) and _functions(attempt) == its and _bases(attempt) == _bases(blank)


def still_blank(attempt: Any, blank: Any) -> list[str]:
    """Return the functions of the blank that wait to be written and are as they were."""
    mine = _functions(attempt)
    return [
        name
        for name, (kind, its) in _functions(blank).items()
        if mine.get(name) == (kind, its) and _waits(its)
    ]


def _functions(thing: Any) -> dict[str, tuple[str, Essence]]:
    """Return by name what each function of a class, or a function itself, comes down to."""
    if isinstance(thing, FunctionType):
        return {thing.__name__: ("function", _essence(thing.__code__))}
    found: dict[str, tuple[str, Essence]] = {}
    for name, one in vars(thing).items() if isinstance(thing, type) else ():
        inner = getattr(one, "fget", None) or getattr(one, "__func__", one)
        if isinstance(inner, FunctionType) and not name.startswith(
            "__annot"
        ):  # Python 3.14 adds __annotate__
            found[name] = type(one).__name__, _essence(inner.__code__)
    return found


def _bases(thing: Any) -> list[str]:
    return [base.__name__ for base in thing.__bases__] if isinstance(thing, type) else []


def _essence(code: CodeType) -> Essence:
    constants = [_essence(one) if isinstance(one, CodeType) else (type(one), one) for one in code.co_consts]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_flags & _KIND


_KIND = 0x02AC
"""Of a code's flags those for *args, **kwargs, generator, coroutine and async generator."""


def _waits(essence: Essence) -> bool:
    """Whether a body does nothing but wait to be written: `...`, `pass`, a docstring, NotImplementedError."""
    return essence[0] in _IDLE or "NotImplementedError" in essence[2]


def _idle(source: str) -> bytes:
    space: dict[str, Any] = {}
    exec(source, space)
    code: bytes = space["f"].__code__.co_code
    return code


_IDLE = {_idle("def f(): ..."), _idle("async def f(): ...")}
