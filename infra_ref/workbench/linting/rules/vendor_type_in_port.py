"""IR006: a type of a library or framework in the signature of a port."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.annotations import named_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.vendors import PACKAGES, PRODUCTS

WORDS = ("Protocol", "ABC")

_PORT = re.compile(
    r"(Port|Repository|Repo|Gateway|Service|Cache|Bus|Storage|Store|Publisher|Notifier|Sender|Mailer|UnitOfWork|Uow"
    r"|UoW|Queue|Dao|DAO)$|^I[A-Z][a-z]"
)
_KNOW_VENDORS = {"adapter", "composition", "script"}


def find(module: Module) -> Iterator[Hit]:
    """Find a vendor's type in the public methods of a Protocol or an abstract class that is a port."""
    for function in module.functions:
        owner = function.owner
        if owner is None or not _promises(function, owner) or module.role in _KNOW_VENDORS:
            continue
        if module.role != "port" and not _PORT.search(owner.name):
            continue
        for annotation in _signature(function):
            for part, name in named_in(module, annotation):
                package, _, _ = name.partition(".")
                if (package in PACKAGES or package.startswith("mypy_boto3")) and not _for_it(
                    module, owner, package
                ):
                    yield part, f"the port {owner.name} speaks {package}: {name.rpartition('.')[2]}"


def _for_it(module: Module, owner: ast.ClassDef, package: str) -> bool:
    """Return whether the port or its package is named for the product: an adapter's part, or an extension."""
    names = f"{module.name.partition('.')[0]} {owner.name}".lower()
    return any(word in names for word in PRODUCTS.get(package, (package,)))


def _promises(function: Function, owner: ast.ClassDef) -> bool:
    """Return whether a method is part of what a Protocol or an abstract class asks for."""
    if not is_port(owner) or (function.name.startswith("_") and function.name != "__call__"):
        return False
    protocol = any("Protocol" in ast.unparse(one) for one in owner.bases)
    return protocol or any("abstract" in ast.unparse(one) for one in function.node.decorator_list)


def _signature(function: Function) -> Iterator[ast.expr]:
    yield from (one.annotation for one in function.parameters if one.annotation is not None)
    if function.node.returns is not None:
        yield function.node.returns
