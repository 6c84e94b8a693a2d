"""IR009: a row, a cursor, a session or a query leaves the adapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.annotations import named_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.vendors import DATABASE_TYPES

WORDS = ()

_OWNER = re.compile(r"(Repository|Repo|Dao|DAO|Gateway|QueryService)$")
_RAW = {
    "fetch",
    "fetchrow",
    "fetchall",
    "fetchone",
    "fetchmany",
    "execute",
    "query",
    "scalars",
    "mappings",
    "cursor",
}
_SQL = re.compile(r"^\s*(select|with|show)\b", re.I)


def find(module: Module) -> Iterator[Hit]:
    """Find what a public method of a repository or a port gives back of the database."""
    for function in module.functions:
        owner = function.owner
        if (
            owner is None
            or function.name.startswith("_")
            or not (_OWNER.search(owner.name) or _is_port(module, owner))
        ):
            continue
        returns = function.node.returns
        if returns is not None and (leaked := _leaked(module, returns)):
            yield returns, f"{owner.name}.{function.name} gives away a database's own type: {leaked}"
        elif returns is None or ast.unparse(returns) in {"Any", "list", "dict", "object"}:
            for given in function.all(ast.Return):
                if _is_raw(function, given.value):
                    yield given, f"{owner.name}.{function.name} gives away what the database returned"


def _is_port(module: Module, owner: ast.ClassDef) -> bool:
    return module.role == "port" and is_port(owner)


def _leaked(module: Module, annotation: ast.expr) -> str:
    named = (name for _, name in named_in(module, annotation) if DATABASE_TYPES.search(name))
    return next(named, "").rpartition(".")[2]


def _is_raw(function: Function, value: ast.expr | None) -> bool:
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call) or method(value) not in _RAW:
        return False
    if method(value) in {"fetchall", "fetchone", "fetchmany"}:
        return True
    sql = value.args[0] if value.args else None
    text = sql.value if isinstance(sql, ast.Constant) else ""
    on_database = called_on(function, value) == "session" or name_of(receiver(value) or value) in {
        "pool",
        "cursor",
        "engine",
    }
    return on_database and (method(value) in {"fetch", "fetchrow", "scalars"} or bool(_SQL.match(str(text))))
