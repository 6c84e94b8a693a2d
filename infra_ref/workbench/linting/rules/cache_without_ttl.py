"""IR007: a cache entry without an end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("cache", "Cache")

_SETS = {"set": 2, "set_multiple": 1, "mset": 1, "set_many": 1, "setnx": 2}
_TIMES = re.compile(
    r"ttl|timeout|expir|^(ex|px|exat|pxat|keepttl|ttl_seconds|max_age|lifetime|duration)$|seconds"
)
_BRING_A_DEFAULT = ("django.", "flask_caching.", "cachetools.", "dogpile.")


def find(module: Module) -> Iterator[Hit]:
    """Find a `set` on a cache that says nothing of when the entry ends."""
    for function in module.functions:
        for call in function.calls:
            most = _SETS.get(method(call))
            if most is None or len(call.args) > most or not _on_cache(function, call):
                continue
            if len(call.args) + len(call.keywords) < most or any(one.arg is None for one in call.keywords):
                continue
            if not any(_TIMES.search(str(one.arg)) for one in call.keywords) and not _expires_later(
                function, call
            ):
                yield call, "a cache entry that never ends"


def _on_cache(function: Function, call: ast.Call) -> bool:
    on = receiver(call)
    if on is None:
        return False
    made = function.type_of(on) or function.module.full_name(on)
    if made.startswith(_BRING_A_DEFAULT) or "contextvars" in made or "ContextVar" in made:
        return False
    if made.startswith(("redis.", "valkey.")) or re.search(r"(^|_)(redis|valkey)(_client)?$", name_of(on)):
        return bool(call.args) and "cache" in ast.unparse(call.args[0]).lower()
    return called_on(function, call) == "cache" and _takes_a_time(function, made, call)


def _takes_a_time(function: Function, made: str, call: ast.Call) -> bool:
    """Return whether the cache's own `set`, where it can be found, leaves the end to the caller."""
    origin, _, name = made.rpartition(".")
    home = function.module.others(origin) if origin else function.module
    for owner in home.all(ast.ClassDef) if home else ():
        if owner.name == name and home is not None and (own := home.method(owner, method(call))) is not None:
            return any(_TIMES.search(one) and value == "None" for one, value in _defaults(own.node.args))
    return isinstance(function.module.parents[call], ast.Await)


def _defaults(args: ast.arguments) -> Iterator[tuple[str, str]]:
    named = [*args.posonlyargs, *args.args]
    late = named[len(named) - len(args.defaults) :]
    for one, value in [
        *zip(late, args.defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]:
        yield one.arg, ast.unparse(value) if value else ""


def _expires_later(function: Function, call: ast.Call) -> bool:
    on = ast.unparse(receiver(call) or call)
    return any(
        method(one) in {"expire", "pexpire", "expireat", "touch"} and ast.unparse(receiver(one) or one) == on
        for one in function.calls
    )
