"""IR007: a cache entry without an end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import called_on, makers, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import is_self

WORDS = ("cache", "Cache")

_SETS = {"set": 2, "set_multiple": 1, "mset": 1, "set_many": 1, "setnx": 2}
"""The methods that store, and how many arguments they have without a time to live."""
_TIMES = re.compile(r"ttl|timeout|expir|seconds|^(ex|px|exat|pxat|max_age|lifetime|duration)$")
_OTHERS = {"nx", "xx", "get", "key", "value", "items"}
_HAVE_A_DEFAULT = ("django.", "flask_caching.", "cachetools.", "dogpile.", "contextvars.", "ContextVar")


def find(module: Module) -> Iterator[Hit]:
    """Find a `set` on a cache that says nothing of when the entry ends."""
    for function in module.functions:
        for call in function.calls:
            most = _SETS.get(method(call))
            if most is None or not most - len(call.keywords) <= len(call.args) <= most:
                continue
            says_nothing = {str(one.arg) for one in call.keywords} <= _OTHERS
            if says_nothing and _on_cache(function, call) and not _expires_later(function, call):
                yield call, "a cache entry that never ends"


def _on_cache(function: Function, call: ast.Call) -> bool:
    on = receiver(call)
    if not isinstance(on, ast.Name) and not (isinstance(on, ast.Attribute) and is_self(on.value)):
        return False
    made = function.type_of(on) or function.module.full_name(on)
    if made.startswith(_HAVE_A_DEFAULT) or "local" in name_of(on):
        return False
    given = [one for call in makers(function, on) for one in call.keywords]
    if any(_TIMES.search(one.arg or "") and ast.unparse(one.value) != "None" for one in given):
        return False
    if made.startswith(("redis.", "valkey.")) or re.search(r"(^|_)(redis|valkey)(_client)?$", name_of(on)):
        return name_of(on) == "cache" or "cache" in " ".join(map(ast.unparse, call.args[:1])).lower()
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
    late = [*args.posonlyargs, *args.args][-len(args.defaults) :] if args.defaults else []
    named = [*zip(late, args.defaults, strict=True), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    yield from ((one.arg, ast.unparse(value)) for one, value in named if value is not None)


def _expires_later(function: Function, call: ast.Call) -> bool:
    ends = (one for one in function.calls if method(one) in {"expire", "pexpire", "expireat", "touch"})
    on = receiver(call)
    return any(ast.dump(there) == ast.dump(on) for one in ends if on and (there := receiver(one)))
