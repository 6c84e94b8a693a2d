"""IR005: a port that repeats the methods of one product."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting import vendors
from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Module
from infra_ref.workbench.linting.syntax import FUNCTIONS

WORDS = ("Protocol", "ABC")


def find(module: Module) -> Iterator[Hit]:
    """Find a Protocol or an abstract class most of whose methods are one vendor's."""
    for node in module.all(ast.ClassDef):
        if not is_port(node):
            continue
        names = {one.name for one in node.body if isinstance(one, FUNCTIONS) and not one.name.startswith("_")}
        for vendor, words in vendors.METHODS.items():
            shared = names & words
            if len(shared) >= 3 and len(shared) * 2 >= len(names) and shared - vendors.SHARED_WORDS:
                yield node, f"{len(shared)} of its {len(names)} methods are those of {vendor}"
                break
