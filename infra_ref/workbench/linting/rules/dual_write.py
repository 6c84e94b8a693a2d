"""IR002: one function writes to two systems, and nothing holds the two together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import RELAY, WRITING_SQL, commits, publishes, transaction
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import in_own_branch, leads_to
from infra_ref.workbench.linting.kinds import called_on, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import words

WORDS = ("commit", "execute", "transaction", "begin")

_STORE = re.compile(
    r"(^|_)(es|elastic|elasticsearch|opensearch|solr|meili|index|search_index|s3|s3_client|bucket|mongo)$"
)
_WRITES = words("index put_object upload_file upload_fileobj insert_one update_one add_documents put_item")
LOSES = "written to the database and then to {}: a crash in between loses the second"
LEAVES = "written to {} and then to the database: a refused commit leaves the first"


def find(module: Module) -> Iterator[Hit]:
    """Find a write to another system that follows a commit, in the same function, or comes before it."""
    for function in module.functions:
        if function.owner is not None and RELAY.search(function.owner.name):
            continue
        ends = [node for node in function.nodes if _makes_last(function, node)]
        for call in function.calls if ends else ():
            if other := _other_system(function, call):
                done = [one for one in ends if not in_own_branch(module, one, call)]
                if any(leads_to(module, one, call) and not _inside(call, one) for one in done):
                    yield call, LOSES.format(other)
                elif other != "a broker" and any(leads_to(module, call, one) for one in done):
                    yield call, LEAVES.format(other)


def _makes_last(function: Function, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return transaction(function, node)
    return commits(function, node) or _commits_by_itself(function, node)


def _commits_by_itself(function: Function, call: ast.Call) -> bool:
    """Return whether it is a statement of a driver that commits each one."""
    sql = call.args[0] if call.args else None
    return (
        "asyncpg" in function.module.packages
        and method(call) in {"execute", "executemany"}
        and called_on(function, call) == "session"
        and isinstance(sql, ast.Constant)
        and bool(WRITING_SQL.match(str(sql.value)))
    )


def _inside(call: ast.Call, block: ast.AST) -> bool:
    return isinstance(block, ast.With | ast.AsyncWith) and call.lineno <= (block.end_lineno or 0)


def _other_system(function: Function, call: ast.Call) -> str:
    if publishes(function, call):
        return "a broker"
    on = receiver(call)
    known = on is not None and method(call) in _WRITES and _STORE.search(name_of(on).lower())
    return "another store" if known else ""
