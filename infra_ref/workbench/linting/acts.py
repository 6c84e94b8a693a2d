"""What a call does in an infrastructure layer: publish, commit, write, ask another service."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from infra_ref.workbench.linting.kinds import called_on, kind_of, method, name_of, receiver
from infra_ref.workbench.linting.module import Function
from infra_ref.workbench.linting.syntax import is_self, words

PUBLISHES = words("""
    publish publish_batch publish_all publish_many publish_event publish_events publish_message basic_publish
    send_and_wait send_task emit_event xadd
""")
BUS_SENDS = words("send send_message send_batch produce emit dispatch enqueue put_events notify")
READS = re.compile(
    r"^(get|find|fetch|load|read|list|search|query|count|exists|select|lookup|by|one|first|scalar)(_|$)|^get[A-Z]"
)
WRITES = re.compile(r"^(create|update|save|add|insert|delete|remove|upsert|store|put|set|merge|bulk)(_|$)")
SESSION_READS = words("get scalar scalars execute query fetch fetchrow fetchval")
ORM_READS = words("get first last exists count aggregate get_or_none aget afirst aexists acount")
ORM_WRITES = words("create update delete get_or_create update_or_create acreate aupdate adelete")
HTTP_READS = words("get head")
HTTP_WRITES = words("post put patch delete")
WRITING_SQL = re.compile(r"^\s*(insert|update|delete|merge|replace)\b", re.I)


RELAY: Final = re.compile(r"Relay|Outbox")
"""Classes that send what was stored and note that they did: twice rather than never."""
_MESSAGE = words("body channel data event events message messages payload subject topic")


def publishes(function: Function, call: ast.Call) -> bool:
    """Return whether a call hands a message to a broker or a bus; an outbox is no such thing."""
    on, name = receiver(call), method(call)
    if on is None or "outbox" in ast.unparse(on).lower() or is_self(on):
        return False
    if any(kind_of(function, one) == "session" for one in arguments(call)):
        return False  # it writes into the transaction
    if name in {"apply_async", "delay"}:
        return bool(call.args or call.keywords) and _is_task(function, on, name)
    if name in PUBLISHES:  # a page of a site is published, too, without being given anything
        given = {one.arg for one in call.keywords if one.arg}
        return bool(call.args or given & _MESSAGE) or called_on(function, call) == "bus"
    return name in BUS_SENDS and called_on(function, call) == "bus"


def _is_task(function: Function, on: ast.expr, name: str) -> bool:
    """Return whether it is a task of Celery that does not wait for the commit by itself."""
    full = function.module.full_name(on)
    if (own := function.module.function(full)) is not None:
        made = [ast.unparse(one) for one in own.node.decorator_list]
        return any("task" in one for one in made) and not any("Transaction" in one for one in made)
    return "task" in full or name == "apply_async"


def commits(function: Function, call: ast.Call) -> bool:
    """Return whether a call commits a session, a connection or a unit of work."""
    return method(call) == "commit" and called_on(function, call) in {"session", "repository"}


def transaction(function: Function, node: ast.AST) -> bool:
    """Return whether it is a `with` that commits at its end, or a function that a decorator makes so."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return any(function.module.full_name(one) in _ATOMIC for one in node.decorator_list)
    if not isinstance(node, ast.With | ast.AsyncWith):
        return False
    return any(_commits_at_its_end(function, one.context_expr) for one in node.items)


_ATOMIC = words("django.db.transaction.atomic transaction.atomic tortoise.transactions.atomic")
_BEGIN_ON = words("engine factory db database conn connection pool")


def _commits_at_its_end(function: Function, call: ast.expr) -> bool:
    if not isinstance(call, ast.Call):
        return False
    if method(call) == "atomic":
        return function.module.full_name(call.func) in _ATOMIC
    on = receiver(call)
    opens = method(call) in {"begin", "transaction"} and on is not None
    return opens and on is not None and (kind_of(function, on) == "session" or name_of(on) in _BEGIN_ON)


def arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Give the arguments of a call, named ones and unpacked ones too."""
    yield from call.args
    yield from (one.value for one in call.keywords)


def asks(function: Function, call: ast.Call) -> str:
    """Return "reads" or "writes" for a call that goes to a database or another service, else ""."""
    name, kind, on = method(call), called_on(function, call), receiver(call)
    if on is None:
        return ""
    if of_django(on):
        return "writes" if name in ORM_WRITES else "reads" if name in ORM_READS else ""
    if kind == "http" and name in HTTP_READS | HTTP_WRITES | {"request"}:
        return "reads" if name in HTTP_READS else "writes"
    if kind == "repository" and (READS.search(name) or WRITES.search(name)):
        return "reads" if READS.search(name) else "writes"
    if name in SESSION_READS and (kind == "session" or (name != "get" and name_of(on) in _SQL_ON)):
        return "writes" if _writes_sql(call) else "reads"
    return ""


def of_django(node: ast.expr) -> bool:
    """Return whether it is `Order.objects`, or a queryset that comes of it."""
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


_SQL_ON = words("pool cursor cur")


def _writes_sql(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Call):  # text("..."), insert(User), update(User).where(...)
        inner: ast.expr = first
        while isinstance(inner, ast.Call | ast.Attribute):
            if isinstance(inner, ast.Call) and method(inner) in {"insert", "update", "delete"}:
                return True
            if isinstance(inner, ast.Call) and method(inner) == "text" and inner.args:
                first = inner.args[0]
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return isinstance(first, ast.Constant) and bool(WRITING_SQL.match(str(first.value)))


def is_port(owner: ast.ClassDef) -> bool:
    """Return whether a class is a Protocol or an abstract base class."""
    bases = {ast.unparse(one).partition("[")[0].rpartition(".")[2] for one in owner.bases}
    metas = {ast.unparse(one.value).rpartition(".")[2] for one in owner.keywords}
    return "Protocol" in bases or "ABC" in bases or "ABCMeta" in metas


ADAPTER = re.compile(
    r"(Repository|Repo|Gateway|Adapter|Dao|DAO|Storage|Store|Client|Cache|Publisher|Provider|Sender|Mailer|Sealer)$"
)


def is_adapter(function: Function) -> bool:
    """Return whether a function is a method of an adapter: by its layer, or by the name of its class."""
    owner, role = function.owner, function.module.role
    if owner is None or is_port(owner) or role in {"domain", "application", "port", "composition", "script"}:
        return False
    return role == "adapter" or bool(ADAPTER.search(owner.name))
