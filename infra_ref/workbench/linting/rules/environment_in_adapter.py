"""IR012: an adapter reads the environment itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_adapter
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Module

WORDS = ("environ", "getenv", "decouple")

_READERS = {
    "os.getenv",
    "os.environ.get",
    "os.environ.setdefault",
    "decouple.config",
    "environ.get",
    "os.environ.pop",
}

_READS_FOR_OTHERS = re.compile(r"Env|Settings|Config")


def find(module: Module) -> Iterator[Hit]:
    """Find a read of the environment in a method of an adapter."""
    for function in module.functions:
        if not is_adapter(function) or function.name.startswith(("from_", "make_")):
            continue
        if function.owner is None or _READS_FOR_OTHERS.search(function.owner.name):
            continue
        for node in function.nodes:
            name = ""
            if isinstance(node, ast.Call) and module.full_name(node.func) in _READERS:
                name = ast.unparse(node.args[0]) if node.args else ""
            elif isinstance(node, ast.Subscript) and module.full_name(node.value) == "os.environ":
                name = ast.unparse(node.slice) if isinstance(node.ctx, ast.Load) else ""
            if name and isinstance(node, ast.expr):
                yield node, f"an adapter reads {name} from the environment"
