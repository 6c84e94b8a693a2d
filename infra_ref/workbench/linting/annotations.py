"""The names in an annotation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.module import Module


def named_in(module: Module, annotation: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Give each name in an annotation with what it stands for; a text is read as what it says."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for word in re.findall(r"[A-Za-z_][\w.]*", node.value):
                first, dot, rest = str(word).partition(".")
                yield node, module.imports.get(first, first) + dot + rest
        elif isinstance(node, ast.Attribute | ast.Name) and not isinstance(
            module.parents.get(node), ast.Attribute
        ):
            yield node, module.full_name(node)
