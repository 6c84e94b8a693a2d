"""IR002: one function writes to two systems, and nothing holds the two together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import WRITING_SQL, commits, publishes
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import leads_to
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("commit", "execute")

_INDEX = re.compile(
    r"(^|_)(es|elastic|elasticsearch|opensearch|solr|meili|index|search_index|s3|s3_client|bucket|mongo)$"
)
_STORES = {
    "index",
    "put_object",
    "upload_file",
    "upload_fileobj",
    "insert_one",
    "update_one",
    "add_documents",
    "put_item",
}


def find(module: Module) -> Iterator[Hit]:
    """Find a write to another system that follows a commit, in the same function, or comes before it."""
    for function in module.functions:
        done = [call for call in function.calls if _makes_last(function, call)]
        for call in function.calls if done else ():
            if other := _other_system(function, call):
                if any(leads_to(module, one, call) for one in done):
                    yield (
                        call,
                        f"written to the database and then to {other}: a crash in between loses the second",
                    )
                elif other != "a broker" and any(leads_to(module, call, one) for one in done):
                    yield (
                        call,
                        f"written to {other} and then to the database: a refused commit leaves the first",
                    )


def _makes_last(function: Function, call: ast.Call) -> bool:
    if commits(function, call):
        return True
    first = call.args[0] if call.args else None
    return (  # a driver that commits each statement
        method(call) in {"execute", "executemany"}
        and called_on(function, call) == "session"
        and isinstance(first, ast.Constant)
        and bool(WRITING_SQL.match(str(first.value)))
        and bool(function.module.packages & {"asyncpg"})
    )


def _other_system(function: Function, call: ast.Call) -> str:
    if publishes(function, call):
        return "a broker"
    on = receiver(call)
    if on is not None and method(call) in _STORES and _INDEX.search(name_of(on).lower()):
        return "another store"
    return ""
