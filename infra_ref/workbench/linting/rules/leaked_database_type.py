"""IR009: a row, a cursor, a session or a query leaves the adapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port, of_django
from infra_ref.workbench.linting.annotations import named_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import words
from infra_ref.workbench.linting.vendors import DATABASE_TYPES

WORDS = ()

_OWNER = re.compile(r"\w(Repository|Repo|Dao|DAO|Gateway|QueryService)$")
_RAW = words("fetch fetchrow scalars execute query")
_CURSOR = words("fetchall fetchone fetchmany")
_ON = words("pool cursor engine")
_SQL = re.compile(r"^\s*(select|with|show)\b", re.I)


def find(module: Module) -> Iterator[Hit]:
    """Find what a public method of a repository or a port gives back of the database."""
    for function in module.functions:
        owner, returns = function.owner, function.node.returns
        if owner is None or function.name.startswith("_"):
            continue
        if not _OWNER.search(owner.name) and not (module.role == "port" and is_port(owner)):
            continue
        says = f"{owner.name}.{function.name} gives away"
        if any(one.annotation is not None and _leaked(module, one.annotation) for one in function.parameters):
            continue  # it extends a query that it was given
        if returns is not None and (leaked := _leaked(module, returns)):
            yield returns, f"{says} a database's own type: {leaked}"
        elif returns is None or ast.unparse(returns) in {"Any", "list", "dict", "object"}:
            for given in function.all(ast.Return):
                if _is_raw(function, given.value):
                    yield given, f"{says} what the database returned"


def _leaked(module: Module, annotation: ast.expr) -> str:
    named = (name for _, name in named_in(module, annotation) if DATABASE_TYPES.search(name))
    return next(named, "").rpartition(".")[2]


def _is_raw(function: Function, value: ast.expr | None) -> bool:
    """Return whether it is rows, a result or a queryset, as a call to the database gives it."""
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call) or (on := receiver(value)) is None:
        return False
    if of_django(on):
        return method(value) in {"filter", "exclude", "all", "order_by"}
    if method(value) == "all":  # of a result
        inner = on.value if isinstance(on, ast.Await) else on
        return isinstance(inner, ast.Call) and method(inner) == "execute"
    if method(value) in _CURSOR:
        return True
    text = value.args[0].value if value.args and isinstance(value.args[0], ast.Constant) else ""
    asked = called_on(function, value) == "session" or name_of(on) in _ON
    return (
        asked and method(value) in _RAW and (method(value).startswith("fetch") or bool(_SQL.match(str(text))))
    )
