"""What an object is in an infrastructure layer: by its type where that is known, else by its name."""

from __future__ import annotations

import ast
import re
from typing import Final, Literal, TypeAlias

from infra_ref.workbench.linting.module import Function
from infra_ref.workbench.linting.syntax import bindings
from infra_ref.workbench.linting.vendors import DATABASES

Kind: TypeAlias = Literal["session", "http", "cache", "bus", "repository", ""]

TYPES: Final[dict[Kind, re.Pattern[str]]] = {
    "http": re.compile(
        r"^(httpx2?|requests|aiohttp|urllib3)\.(\w+\.)*(Async)?(Client|Session|ClientSession|PoolManager|session)$"
        r"|(Http|HTTP|Api|API|Rest)\w*(Client|Session|Gateway)$|(^|\.)HttpClient$"
    ),
    "session": re.compile(
        r"^sqlalchemy\b.*(Session|scoped_session|Connection|Engine|create_engine|create_async_engine)$"
        r"|^sqlmodel\b.*Session$|^(asyncpg|psycopg2?|sqlite3|aiosqlite|pymysql)\.(\w+\.)*(\w*Connection|connect)$"
        r"|(UnitOfWork|Uow|UoW|DbSession|DBSession|AsyncSession|Database)$|(^|\.)(Session|session_scope)$"
    ),
    "cache": re.compile(r"^aiocache\.|^cashews\.|^django\.core\.cache\.|^flask_caching\.|Cache$"),
    "bus": re.compile(
        r"(EventBus|MessageBus|EventPublisher|Publisher|Producer|MessageQueue|MessageBroker|Broker)$"
        r"|^(aio_pika|pika|nats|faststream)\."
    ),
    "repository": re.compile(r"(Repository|Repo|Dao|DAO|QueryService)$"),
}
NAMES: Final[dict[Kind, re.Pattern[str]]] = {
    "http": re.compile(r"(^|_)(http|http_client|api_client|rest_client|https?_session|requests|httpx)$"),
    "session": re.compile(
        r"^((db|sql|async|sync|orm|read|write|my|outer|shared)_?)?(session|sess)$|^(uow|unit|unit_of_work|db|database)$"
    ),
    "cache": re.compile(r"(^|_)(cache|redis_cache)$"),
    "bus": re.compile(
        r"(^|_)(bus|event_bus|message_bus|publisher|producer|broker|event_publisher|kafka|rabbit|sns|sqs|nats)$"
    ),
    "repository": re.compile(r"(^|_)(repo|repository|repositories|dao)$|(^|\w)(repo|repository)$"),
}
_ONE_TALK = re.compile(r"(ession|onnection|connect|acquire|Work|Uow|UoW)$")
_MAKES = re.compile(r"^(make|new|create|open|build)_|_(maker|factory)$")
_NEED_A_DATABASE = re.compile(r"^(\w+_)?(conn|connection|transaction|txn?)$")
_UNKNOWN = {"", "Any", "typing.Any", "object"}


def name_of(node: ast.AST) -> str:
    """Return the last word of a name: `session` of `self._session`, and of `self.session()`."""
    node = node.func if isinstance(node, ast.Call) else node
    word = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return word.strip("_")


def kind_of(function: Function, node: ast.expr) -> Kind:
    """Return what an expression is, "" for none of the kinds. A known type decides, whatever the name."""
    made = function.type_of(node)
    if made not in _UNKNOWN and (made[:1].isupper() or "." in made or made in {"dict", "list", "set", "str"}):
        found = _matching(TYPES, made)
        if found or made.rpartition(".")[2][:1].isupper() or made in {"dict", "list", "set", "str"}:
            return found
    if (name := name_of(node)) == "session":
        return "http" if function.module.packages & {"requests", "aiohttp"} else "session"
    if _MAKES.search(name):
        return ""
    dotted = function.module.full_name(node)
    if dotted in {"requests", "httpx"}:
        return "http"
    if _NEED_A_DATABASE.search(name.lower()):
        return "session" if function.module.packages & DATABASES else ""
    return _matching(NAMES, name.lower())


def is_one_session(function: Function, node: ast.expr) -> bool:
    """Return whether it is one conversation with a database, no pool of them."""
    if not isinstance(node, ast.Name | ast.Attribute) or kind_of(function, node) != "session":
        return False
    if (talk := _ONE_TALK.search(made := function.type_of(node))) or made.rpartition(".")[2][:1].isupper():
        return talk is not None
    return name_of(node) not in {"db", "database"}  # untyped, it is often a pool


def _matching(patterns: dict[Kind, re.Pattern[str]], text: str) -> Kind:
    for kind, pattern in patterns.items():
        if pattern.search(text):
            return kind
    return ""


def receiver(call: ast.Call) -> ast.expr | None:
    """Return what a method is called on."""
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def method(call: ast.Call) -> str:
    """Return the name of the method or function that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def makers(function: Function, node: ast.expr) -> list[ast.Call]:
    """Return the calls of its file that make what is kept under this name."""
    bound = (pair for one in ast.walk(function.module.tree) for pair in bindings(one))
    made = (value for target, value in bound if ast.unparse(target) == ast.unparse(node))
    return [one for one in made if isinstance(one, ast.Call)]


def called_on(function: Function, call: ast.Call) -> Kind:
    """Return the kind of what a method is called on."""
    on = receiver(call)
    return kind_of(function, on) if on is not None else ""
