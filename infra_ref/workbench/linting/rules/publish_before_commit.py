"""IR001: an event leaves before the commit that makes it true."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import RELAY, commits, publishes, transaction
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors, in_loop, in_own_branch, leads_to
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("commit", "begin", "transaction", "atomic")


def find(module: Module) -> Iterator[Hit]:
    """Find what publishes, itself or one call deep, with the commit still to come."""
    for function in module.functions:
        if function.owner is not None and RELAY.search(function.owner.name):
            continue  # it commits that it has sent: twice rather than never
        sent = list(_sent(function))
        done = [call for call in function.calls if commits(function, call)] if sent else []
        for call in sent:
            if _relays(module, call):
                continue
            if _in_transaction(function, call) or _committed_after(module, call, done):
                yield call, "published before the commit that makes it true"


def _sent(function: Function) -> Iterator[ast.Call]:
    for call in function.calls:
        if publishes(function, call):
            yield call
        elif (helper := function.called(call)) is not None and helper.node is not function.node:
            own = [one for one in helper.calls if publishes(helper, one)]
            if own and not any(commits(helper, one) for one in helper.calls):
                yield call


def _relays(module: Module, call: ast.Call) -> bool:
    """Return whether a loop sends rows and deletes each: a relay, which sends twice rather than never."""
    loop = in_loop(module, call)
    if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Name):
        return False
    calls = (one for one in ast.walk(loop) if isinstance(one, ast.Call))
    return any(ast.unparse(one.func) == f"{loop.target.id}.delete" for one in calls)


def _in_transaction(function: Function, call: ast.Call) -> bool:
    return any(transaction(function, above) for above in ancestors(function.module, call))


def _committed_after(module: Module, call: ast.Call, done: list[ast.Call]) -> bool:
    """Return whether a commit comes after it, and none came before, which it may have waited for."""
    later = (one for one in done if leads_to(module, call, one))
    return any(not in_own_branch(module, one, call) for one in later) and not any(
        leads_to(module, one, call) for one in done
    )
