"""Small readings of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def in_a_coroutine(tree: ast.Module) -> ast.Module:
    """Return the tree with what a cell does, imports and definitions left out, as the body of a coroutine."""
    stays = (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)
    done = [one for one in tree.body if not isinstance(one, stays)]
    if not done:
        return tree
    none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    cell = ast.AsyncFunctionDef("cell", none, done, [], lineno=done[0].lineno, col_offset=0)
    return ast.Module([*(one for one in tree.body if isinstance(one, stays)), cell], [])


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def is_self(node: ast.AST) -> bool:
    """Return whether it is the name `self`."""
    return isinstance(node, ast.Name) and node.id == "self"


def bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Give each target of an assignment or a `with`, and the value that it gets."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from ((one.optional_vars, one.context_expr) for one in node.items if one.optional_vars)
