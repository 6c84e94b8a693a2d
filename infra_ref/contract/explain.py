"""Make the asserts of a rule show what they expected and what they saw.

pytest does this for tests, by rewriting a module while it is imported. A rule
also runs in notebooks, in browsers and on the command line, so it is rewritten
by itself, once, when it is declared:

    assert LEFT == RIGHT
becomes
    if not (__seen__ := LEFT) == (__right__ := RIGHT):
        raise __broken__("LEFT == RIGHT", "==", __seen__, __right__, None)
"""

from __future__ import annotations
import __future__

import ast
import dataclasses
import functools
import inspect
import re
import reprlib
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

LONGEST = 600
"""Characters of a value or of an error's text that are shown."""

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
    """Return `function` with asserts that raise `Broken`; all else about it stays.

    Where its source is not to be had, it is returned as it is. Raises RuntimeError
    there under `python -O`: its asserts are gone, and it would hold whatever happens.
    """
    code = _rewritten(function.__code__)
    if code is None:
        if not __debug__:
            raise RuntimeError(
                f"{function.__qualname__}: its source is not to be had and `python -O` took out its asserts; "
                "run without -O"
            )
        return function
    cells = _cells(function)
    closure = tuple(cells[name] for name in code.co_freevars)
    rewritten = FunctionType(code, function.__globals__, code.co_name, function.__defaults__, closure)
    rewritten.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(rewritten, function)
    rewritten.__dict__ = dict(vars(function))  # it is the function, not a wrapper around it
    return rewritten


def readable(text: str) -> str:
    """Return the text without addresses, which no two runs share, and cut in the middle if it is long."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


def _rewritten(code: CodeType) -> CodeType | None:
    try:
        source = inspect.getsource(code)
        # A method is put into a class of the name of its own: so columns, long strings and `self.__x` stay.
        owner = code.co_qualname.rpartition(".")[0].rpartition(".")[2]
        head = f"class {owner}:" if owner.isidentifier() else "if True:"
        tree = ast.parse(f"{head if source[0].isspace() else ''}\n{source}")
    except (OSError, SyntaxError):
        return None
    found = tree.body[0]
    definition = found.body[0] if isinstance(found, ast.ClassDef | ast.If) else found
    if not isinstance(definition, ast.AsyncFunctionDef | ast.FunctionDef):
        return None
    definition.decorator_list = []
    _Rewrite().visit(definition)

    # An outer function makes the names of the closure, and `__broken__`, free in it.
    outer = ast.parse(f"def __outer__({', '.join((*code.co_freevars, '__broken__'))}): pass").body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.body = tree.body
    tree.body = [outer]
    ast.fix_missing_locations(ast.increment_lineno(tree, code.co_firstlineno - 2))
    flags = code.co_flags & __future__.annotations.compiler_flag
    module = compile(tree, code.co_filename, "exec", flags, dont_inherit=True)
    return _like(code, module)


def _like(code: CodeType, module: CodeType) -> CodeType | None:
    """Return the code within `module` that has the name, parameters and closure of `code`.

    It is not alone: lambdas among the defaults and, on Python 3.14, annotations are code too.
    """
    parameters = code.co_argcount + code.co_kwonlyargcount
    for one in module.co_consts:
        if not isinstance(one, CodeType):
            continue
        if (
            (one.co_name, one.co_flags & inspect.CO_OPTIMIZED) == (code.co_name, inspect.CO_OPTIMIZED)
            and one.co_varnames[:parameters] == code.co_varnames[:parameters]
            and {*one.co_freevars} <= {*code.co_freevars, "__broken__"}
        ):
            return one
        if (within := _like(code, one)) is not None:
            return within
    return None


def _cells(function: Callable[..., Any]) -> dict[str, CellType]:
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    return cells | {"__broken__": CellType(_broken)}


class _Rewrite(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.If:
        text, test, operator, right = ast.unparse(node.test), node.test, "", "None"
        match test:
            case ast.Compare(ops=[one]):
                operator, right = _symbol(one), "__right__"
                test.left = _kept("__seen__", test.left)
                test.comparators = [_kept("__right__", test.comparators[0])]
            case ast.Compare():  # of LOW <= X <= HIGH one wants to see X
                test.comparators[0] = _kept("__seen__", test.comparators[0])
            case ast.UnaryOp(op=ast.Not()):
                test.operand = _kept("__seen__", test.operand)
            case ast.Call(func=ast.Name("isinstance"), args=[value, _]):
                test.args[0] = _kept("__seen__", value)
            case _:
                test = _kept("__seen__", test)
        remark = ast.unparse(node.msg) if node.msg else "None"
        template = f"if not x: raise __broken__({text!r}, {operator!r}, __seen__, {right}, {remark})"
        changed = ast.parse(template).body[0]
        assert isinstance(changed, ast.If) and isinstance(changed.test, ast.UnaryOp)
        for part in ast.walk(changed):
            if hasattr(part, "lineno"):
                ast.copy_location(part, node)
        changed.test.operand = test
        return changed


def _kept(name: str, value: ast.expr) -> ast.NamedExpr:
    return ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), value), value)


def _symbol(operator: ast.cmpop) -> str:
    compared = ast.Compare(ast.Name("a"), [operator], [ast.Name("b")])
    return ast.unparse(compared).removeprefix("a ").removesuffix(" b")


def _broken(text: str, operator: str, seen: object, right: object, remark: object) -> Broken:
    expected, saw = _shown(right, seen), _shown(seen, right)
    if operator in ("==", "is") and expected == saw:
        saw += ", which only looks the same"
    if operator != "==":
        expected = f"{operator} {expected}" if operator else text
    return Broken(expected, saw + (f" ({remark})" if remark is not None else ""), text)


def _shown(value: object, other: object) -> str:
    try:
        return readable(_apart(value, other))
    except Exception:  # noqa: BLE001 - a value that cannot be shown must not hide that the rule is broken
        return f"<{type(value).__name__}>"


def _apart(value: Any, other: Any) -> str:
    """Return the value as text; of a long dataclass, what it has otherwise than one of the same class."""
    text = _SHORT.repr(value)
    if not dataclasses.is_dataclass(value) or type(value) is not type(other):
        return text
    if max(len(text), len(_SHORT.repr(other))) < _SHORT.maxother:
        return text
    names = [one.name for one in dataclasses.fields(value)]
    differ = [name for name in names if getattr(value, name) != getattr(other, name)]
    parts = [f"{name}={_apart(getattr(value, name), getattr(other, name))}" for name in differ]
    return f"{type(value).__name__}({', '.join(parts + ['...'] * (differ != names))})"
