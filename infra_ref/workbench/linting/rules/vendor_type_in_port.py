"""IR006: a type of a library or framework in the signature of a port."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.annotations import named_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.vendors import PRODUCTS, vendor_of

WORDS = ("Protocol", "ABC")

_PORT = re.compile(
    r"(Port|Repository|Repo|Gateway|Service|Cache|Bus|Storage|Store|Publisher|Notifier|Sender|Mailer|UnitOfWork|Uow"
    r"|UoW|Queue|Dao|DAO|Provider|Verifier)(Protocol|Interface)?$|^I[A-Z][a-z]"
)
_KNOW_VENDORS = {"composition", "script"}
_LIBRARY = re.compile(r"^repo(sitory|sitories)?_|_repo(sitory|sitories)?(_|$)")


def find(module: Module) -> Iterator[Hit]:
    """Find the vendors whose types are in what a Protocol or an abstract class asks for, each once."""
    for owner in module.all(ast.ClassDef):
        promises = [one for one in module.methods(owner) if _is_promise(one, owner)]
        told: set[str] = set()
        for annotation in _annotations(promises) if _is_for_callers(module, owner, promises) else ():
            for part, name in named_in(module, annotation):
                package = vendor_of(name)
                if package and package not in told and not _is_for_it(module, owner, package):
                    told.add(package)
                    yield part, f"the port {owner.name} speaks {package}: {name.rpartition('.')[2]}"


def _is_promise(function: Function, owner: ast.ClassDef) -> bool:
    """Return whether a method is part of what a Protocol or an abstract class asks for."""
    if not is_port(owner) or (function.name.startswith("_") and function.name != "__call__"):
        return False
    protocol = any("Protocol" in ast.unparse(one) for one in owner.bases)
    return protocol or any("abstract" in ast.unparse(one) for one in function.node.decorator_list)


def _is_for_callers(module: Module, owner: ast.ClassDef, promises: list[Function]) -> bool:
    """Return whether it is a port: no base class that does most itself, no part of a library of them."""
    package, inside, _ = module.name.partition(".")
    if module.role in _KNOW_VENDORS or owner.name.startswith("_") or (inside and _LIBRARY.search(package)):
        return False
    public = [one for one in module.methods(owner) if not one.name.startswith("_")]
    named = module.role == "port" or _PORT.search(owner.name) is not None
    return named and len(promises) * 2 >= len(public)


def _is_for_it(module: Module, owner: ast.ClassDef, package: str) -> bool:
    """Return whether the port or its package is named for the product: an adapter's part, or an extension."""
    names = f"{module.name.partition('.')[0]} {owner.name}".lower()
    return any(word in names for word in PRODUCTS.get(package, (package,)))


def _annotations(promises: list[Function]) -> Iterator[ast.expr]:
    for function in promises:
        yield from (one.annotation for one in function.parameters if one.annotation is not None)
        if function.node.returns is not None:
            yield function.node.returns
