"""IR009: a row, a cursor, a session or a query leaves the adapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.finding import Hit, Rule
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module

_TYPES = re.compile(
    r"^sqlalchemy\.(\w+\.)*(Row|RowMapping|Result|ScalarResult|CursorResult|AsyncResult|Query|Select|Session|AsyncSession|Connection)$"
    r"|^sqlite3\.(Row|Cursor)$|^asyncpg\.(\w+\.)*Record$|^psycopg2?\.(\w+\.)*(Cursor|AsyncCursor|cursor)$|^aiosqlite\.(Row|Cursor)$"
    r"|^django\.db\.models\.(\w+\.)*QuerySet$|^pymongo\.(\w+\.)*(Cursor|AsyncCursor|CommandCursor)$|^peewee\.(ModelSelect|Query)$"
    r"|^(DatabaseResultSet|ResultSet)$"
)
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
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [
                module.imports.get(word.split(".")[0], word)
                for word in re.findall(r"[A-Za-z_][\w.]*", node.value)
            ]
        else:
            names = [module.full_name(node)] if isinstance(node, ast.Name | ast.Attribute) else []
        if found := next((name for name in names if _TYPES.search(name)), ""):
            return found.rpartition(".")[2]
    return ""


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


RULE = Rule(
    code="IR009",
    name="leaked_database_type",
    why="The caller now depends on the driver, and on a connection that may be closed by the time it reads a field.",
    fix="Turn rows into entities, or into a read model of your own, before they leave the adapter.",
    unseen="ORM entities whose fields load lazily; rows inside a dict; classes that are not named as a repository.",
    find=find,
)
