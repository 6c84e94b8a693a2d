"""IR006: a type of a library or framework in the signature of a port."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.annotations import named_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.vendors import PACKAGES

WORDS = ("Protocol", "ABC")

_PORT = re.compile(
    r"(Port|Repository|Repo|Gateway|Service|Cache|Bus|Storage|Store|Publisher|Notifier|Sender|Mailer|UnitOfWork|Uow"
    r"|UoW|Queue|Dao|DAO)$|^I[A-Z][a-z]"
)


def find(module: Module) -> Iterator[Hit]:
    """Find a vendor's type in the public methods of a Protocol or an abstract class that is a port."""
    for function in module.functions:
        owner = function.owner
        if (
            owner is None
            or not is_port(owner)
            or (function.name.startswith("_") and function.name != "__call__")
        ):
            continue
        if module.role != "port" and (
            module.role in {"adapter", "composition", "script"} or not _PORT.search(owner.name)
        ):
            continue
        for annotation in _signature(function):
            for part, name in named_in(module, annotation):
                if name.partition(".")[0] in PACKAGES:
                    yield (
                        part,
                        f"the port {owner.name} speaks {name.partition('.')[0]}: {name.rpartition('.')[2]}",
                    )


def _signature(function: Function) -> Iterator[ast.expr]:
    yield from (one.annotation for one in function.parameters if one.annotation is not None)
    if function.node.returns is not None:
        yield function.node.returns
