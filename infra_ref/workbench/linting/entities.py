"""What is the value of an entity, as far as its name tells, and what a function does by it."""

from __future__ import annotations

import ast
import re

from infra_ref.workbench.linting.acts import READS, WRITES, is_adapter
from infra_ref.workbench.linting.answers import answers
from infra_ref.workbench.linting.kinds import method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import bindings, is_self, words

_TECHNICAL = re.compile(
    r"(^|_)(id|ids|key|status_code|code|errno|size|length|len|limit|offset|timeout|version|page|type|kind|port|host|url"
    r"|uri|path|name|format|encoding|method|mode|level|exists|closed|retries|rowcount|count|dim|shape|dtype|schema"
    r"|table|bucket|prefix|scheme|driver|dialect|engine|protocol|headers?|ttl|token|index|reason|message|detail"
    r"|args|action)$|^__"
)
_SAVES = words("save asave delete adelete")
_KEEPS_ITS_OWN = re.compile(r"(Cache|Client|Provider|Publisher)$")
_OF_ONE = re.compile(r"([A-Z]\w*?)(Table|Client|Manager)$")
_NO_ENTITY = re.compile(
    r"(^|_)(self|cls|response|resp|res|request|req|results?|r|e|exc|err|error|config|settings|options|params|args"
    r"|kwargs|context|ctx|query|filters?|spec|row|cursor|client|session|conn|connection|schema|node|path|file|stream"
    r"|event|message|msg|body|payload|data|metadata|info|error_\w+)$"
)
_NO_LOADED = re.compile(
    r"(^|_)(response|resp|res|results?|r|cursor|client|session|conn|connection|settings|config|query|stmt|count|total)$"
)


def entities(function: Function) -> tuple[set[str], set[str]]:
    """Return what may be an entity in the method of an adapter: its parameters, and what it has loaded.

    Both are empty where it neither stores, nor is given, nor loads one.
    """
    given = {one.arg for one in function.parameters if not _NO_ENTITY.search(one.arg)}
    if not _keeps(function, given):
        return set(), set()
    loaded = _loaded(function)
    return (given, loaded) if loaded or _stores(function, given) else (set(), set())


def _loaded(function: Function) -> set[str]:
    """Return the names that hold what came from the database, or from a reading method of its own."""
    found = answers(function)
    for node in function.nodes:
        for target, value in bindings(node):
            call = value.value if isinstance(value, ast.Await) else value
            if isinstance(target, ast.Name) and isinstance(call, ast.Call) and _reads_own(call):
                found.add(target.id)
    return {one for one in found if not _NO_LOADED.search(one)}


def _reads_own(call: ast.Call) -> bool:
    on = receiver(call)
    return on is not None and is_self(on) and bool(READS.search(method(call).lstrip("_")))


def _keeps(function: Function, given: set[str]) -> bool:
    """Return whether it is the method of an adapter: of any, or of `OrderTable` that is given an order."""
    owner = function.owner
    if owner is None:
        return False
    if is_adapter(function) and not _KEEPS_ITS_OWN.search(owner.name):
        return True
    of_one = _OF_ONE.match(owner.name)
    if of_one is None or (of_one[2] == "Manager" and not _is_of_django(function.module, owner)):
        return False
    return of_one[1].lower() in {one.replace("_", "") for one in given}


def _is_of_django(module: Module, owner: ast.ClassDef) -> bool:
    return any(module.full_name(one).startswith("django.") for one in owner.bases)


def _stores(function: Function, given: set[str]) -> bool:
    types = (function.module.annotated(one.annotation).rpartition(".")[2] for one in function.parameters)
    return (
        bool(WRITES.search(function.name))
        or any(one[:1].isupper() for one in types)
        or _saves(function, given)
    )


def _saves(function: Function, given: set[str]) -> bool:
    """Return whether an entity saves or deletes itself, as Django's do."""
    saved = (receiver(call) for call in function.calls if method(call) in _SAVES)
    return any(isinstance(one, ast.Name) and one.id in given for one in saved)


def value_of(node: ast.expr, given: set[str]) -> bool:
    """Return whether it is a parameter's `order.weight` or `order.customer.credit`, nothing technical."""
    if not isinstance(node, ast.Attribute) or _TECHNICAL.search(node.attr):
        return False
    return value_of(node.value, given) or (isinstance(node.value, ast.Name) and node.value.id in given)


def how_refused(module: Module, test: ast.If) -> str:
    """Return how a guard refuses, which does nothing else: it "fails", or "leaves" without a word, or ""."""
    above, last = module.parents[test], test.body[-1]
    if test.orelse or len(test.body) > 2 or (isinstance(above, ast.If) and test in above.orelse):
        return ""
    if not isinstance(last, ast.Return):
        return "fails" if isinstance(last, ast.Raise) else ""
    if isinstance(last.value, ast.Call) and name_of(last.value) in {"Err", "failure"}:
        return "fails"
    silent = last.value is None or (isinstance(last.value, ast.Constant) and not last.value.value)
    return "leaves" if silent else ""


def is_amount(node: ast.expr) -> bool:
    """Return whether it is a number."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def is_rate(node: ast.IfExp, given: set[str]) -> bool:
    """Return whether a value decides between two amounts; 1 and 0 are yes and no."""
    by_it = any(isinstance(one, ast.expr) and value_of(one, given) for one in ast.walk(node.test))
    branches = [node.body, node.orelse]
    return by_it and all(map(is_amount, branches)) and not {"0", "1"}.issuperset(map(ast.unparse, branches))


def is_constant(node: ast.expr) -> bool:
    """Return whether it is a number, a word, or a member of an enumeration."""
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float, str) and node.value != ""
    return isinstance(node, ast.Attribute) and name_of(node.value)[:1].isupper() and node.attr.isupper()
