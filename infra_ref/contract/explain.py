"""Make the asserts of a rule tell what they expected and what they saw.

pytest does this for tests, by rewriting a module while it is imported. A rule
also runs in notebooks, in browsers and on the command line, so it is rewritten
by itself, once, when it is declared:

    assert LEFT == RIGHT
becomes
    if not (__seen := LEFT) == (__right := RIGHT):
        raise __broken("LEFT == RIGHT", "==", __seen, __right)
"""

from __future__ import annotations

import ast
import functools
import inspect
import reprlib
import textwrap
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 160
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 8


class Broken(AssertionError):
    """An assert of a rule that did not hold: `expected` and `seen`, both as text."""

    def __init__(self, expected: str, seen: str, where: str) -> None:
        super().__init__(f"expected {expected}, saw {seen}   in: {where}")
        self.expected = expected
        self.seen = seen
        self.where = where


def explained(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` with asserts that raise `Broken`.

    Line numbers, closure and signature stay as they were. Where the source is
    not to be had, the function is returned as it is.
    """
    code = function.__code__
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return function
    definition = tree.body[0]
    if not isinstance(definition, ast.AsyncFunctionDef | ast.FunctionDef):
        return function
    definition.decorator_list = []
    _Rewrite().visit(definition)

    # An outer function gives the names of the closure, and `__broken`, their cells.
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    cells["__broken"] = CellType(_broken)
    outer = ast.parse(f"def outer({', '.join(cells)}): pass").body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.body = [definition]
    tree.body = [outer]
    ast.fix_missing_locations(ast.increment_lineno(tree, code.co_firstlineno - 1))
    module = compile(tree, code.co_filename, "exec", dont_inherit=True)
    inner = _code_of(definition.name, _code_of("outer", module))
    closure = tuple(cells[name] for name in inner.co_freevars)
    rewritten = FunctionType(inner, function.__globals__, code.co_name, function.__defaults__, closure)
    rewritten.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(rewritten, function)
    vars(rewritten).pop("__wrapped__", None)  # it is the function, not a wrapper around it
    return rewritten


class _Rewrite(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.If:
        test, operator, right = node.test, "", "None"
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            operator = _symbol(test.ops[0])
            right, text = "__right", ast.unparse(test)
            test.left = _walrus("__seen", test.left)
            test.comparators = [_walrus("__right", test.comparators[0])]
        else:
            text = ast.unparse(test)
            test = _walrus("__seen", test)
        remark = ast.unparse(node.msg) if node.msg else "None"
        template = f"if not x: raise __broken({text!r}, {operator!r}, __seen, {right}, {remark})"
        changed = ast.parse(template).body[0]
        assert isinstance(changed, ast.If) and isinstance(changed.test, ast.UnaryOp)
        for part in ast.walk(changed):
            if hasattr(part, "lineno"):
                ast.copy_location(part, node)
        changed.test.operand = test
        return changed


def _walrus(name: str, value: ast.expr) -> ast.NamedExpr:
    return ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), value), value)


def _symbol(operator: ast.cmpop) -> str:
    compared = ast.Compare(ast.Name("a"), [operator], [ast.Name("b")])
    return ast.unparse(compared).removeprefix("a ").removesuffix(" b")


def _broken(text: str, operator: str, seen: object, right: object, remark: object) -> Broken:
    if operator == "==":
        expected = _shown(right)
    elif operator:
        expected = f"{operator} {_shown(right)}"
    else:
        expected = text
    return Broken(expected, _shown(seen) + (f" ({remark})" if remark is not None else ""), text)


def _shown(value: object) -> str:
    return _SHORT.repr(value)


def _code_of(name: str, within: CodeType) -> CodeType:
    """Return the code of the function of that name; Python 3.14 puts that of its annotations beside it."""
    return next(one for one in within.co_consts if isinstance(one, CodeType) and one.co_name == name)
