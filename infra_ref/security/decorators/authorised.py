"""`authorised`: any port, for callers who may."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from infra_ref.failures import Refused
from infra_ref.result import Err
from infra_ref.security.errors import Forbidden
from infra_ref.security.token_port import Caller

T = TypeVar("T")


def authorised(inner: T, *, needs: Mapping[str, str | None], caller: Callable[[], Caller | None]) -> T:
    """Return `inner` behind a check of who calls: its port, its answers.

        users = authorised(users, needs={"get_by_id": "users:read", "delete": "users:write"}, caller=who.get)

    `needs` has the scope that each method asks for, None for everybody. `caller` tells at each
    call who it is, such as a ContextVar's `get`. A method that gives a Result answers others with
    `Err(Forbidden)`; any other method raises `Refused`. Neither reaches `inner`.

    Raises ValueError if `needs` leaves out a public method, or names one that does not exist.
    """
    kind, name = type(inner), type(inner).__name__
    public = {one for one in dir(kind) if not one.startswith("_") and callable(getattr(kind, one))}
    if strange := sorted(needs.keys() - public):
        raise ValueError(f"{name} has no {', '.join(strange)}: it has {', '.join(sorted(public))}")
    if left_out := sorted(public - needs.keys()):
        raise ValueError(f"what do {', '.join(left_out)} of {name} need? Name a scope, or None for everybody")
    methods = {one: _checked(getattr(inner, one), scope, caller) for one, scope in needs.items()}
    return cast("T", _Authorised(name, methods))


class _Authorised:
    """Has the checked methods and nothing else: attributes of `inner` stay behind the check."""

    def __init__(self, name: str, methods: Mapping[str, Any]) -> None:
        self.__dict__.update(methods)
        self._name = name

    def __repr__(self) -> str:
        return f"authorised({self._name})"


def _checked(method: Any, scope: str | None, caller: Callable[[], Caller | None]) -> Any:
    if scope is None:
        return method
    gives_result = _gives_result(method)

    def refused() -> Err[Forbidden] | None:
        """Return the answer to who may not, or raise it where no Result can carry it; None to who may."""
        if (asking := caller()) is not None and scope in asking.scopes:
            return None
        if gives_result:
            return Err(Forbidden(scope=scope))
        raise Refused(Forbidden(scope=scope))

    @wraps(method)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        refusal = refused()
        return await method(*args, **kwargs) if refusal is None else refusal

    @wraps(method)
    async def iterated(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        refused()
        async for one in method(*args, **kwargs):
            yield one

    @wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        refusal = refused()
        return method(*args, **kwargs) if refusal is None else refusal

    if inspect.isasyncgenfunction(method):
        return iterated
    return awaited if inspect.iscoroutinefunction(method) else called


def _gives_result(method: Any) -> bool:
    try:
        given = get_type_hints(method).get("return")
    except NameError:  # imported for the type checker alone
        return "Result[" in str(method.__annotations__.get("return"))
    return any(get_origin(one) is Err for one in (given, *get_args(given)))
