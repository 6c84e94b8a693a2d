"""What the source of a solution says about the functions in it, to compare an attempt with."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the solution: its parameters without `self`, its kind, and whether it returns a value."""

    name: str
    parameters: tuple[str, ...]
    is_async: bool
    yields: bool
    returns: bool


def functions(source: str, makes: str) -> list[Function]:
    """Return the public functions of a class in a source, or the function itself."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == makes:
            inner = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            return [_function(one, skip=1) for one in inner if one.name != "__init__"]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == makes:
            return [_function(node, skip=0)]
    return []


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, *, skip: int) -> Function:
    parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)][skip:]
    parameters += [one.arg for one in node.args.kwonlyargs]
    gives = any(isinstance(one, ast.Return) and _is_value(one.value) for one in _within(node))
    yields = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _within(node))
    return Function(node.name, tuple(parameters), isinstance(node, ast.AsyncFunctionDef), yields, gives)


def _is_value(value: ast.expr | None) -> bool:
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _within(child)


def differences(
    wanted: list[Function], attempt: Any, gave: dict[str, bool], *, makes: str = ""
) -> Iterator[str]:
    """Say in which ways an attempt cannot be right whatever its body does. `gave`: what returned a value."""
    for one in wanted:
        if one.name.startswith("_") and not one.name.startswith("__"):
            continue
        mine = (
            attempt if isinstance(attempt, FunctionType) else inspect.getattr_static(attempt, one.name, None)
        )
        if mine is None:
            if inspect.isclass(attempt) and one.name == makes:
                how = "async def" if one.is_async else "def"
                yield f"`{one.name}` is called as a function: write `{how} {one.name}`, not a class."
            elif _is_asked(one, gave):
                yield f"There is no `{one.name}` in {attempt.__name__}."
        elif isinstance(mine, FunctionType):
            yield from _of(one, mine, gave)


def _is_asked(one: Function, gave: dict[str, bool]) -> bool:
    return one.name not in gave


def _of(one: Function, mine: FunctionType, gave: dict[str, bool]) -> Iterator[str]:
    is_async = inspect.iscoroutinefunction(mine) or inspect.isasyncgenfunction(mine)
    yields = inspect.isgeneratorfunction(mine) or inspect.isasyncgenfunction(mine)
    if one.is_async and not is_async:
        how = "gone through with `async for`" if one.yields else "awaited by its callers"
        yield f"`{one.name}` is {how}: write `async def {one.name}`."
    elif is_async and not one.is_async:
        gives = "an asynchronous generator" if yields else "a coroutine"
        yield f"`{one.name}` is called without `await`, so `async def` gives {gives}: write `def`."
    if yields and not one.yields:
        yield f"A `yield` makes `{one.name}` a generator, and none of its lines runs when it is called."
    elif one.yields and not yields:
        yield f"`{one.name}` is gone through step by step, so it needs a `yield` after each step."
    if not _takes(mine, one.parameters):
        yield f"`{one.name}` is called with ({', '.join(one.parameters)}); yours takes {_parameters(mine)}."
    elif one.returns and gave.get(one.name) is False:
        yield f"`{one.name}` returned None each time it was called: does it `return` what it found?"


def _takes(mine: FunctionType, parameters: tuple[str, ...]) -> bool:
    its = list(inspect.signature(mine).parameters.values())
    if any(one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in its):
        return True
    names = [one.name for one in its if one.name != "self"]
    return len(names) == len(parameters)


def _parameters(mine: FunctionType) -> str:
    names = [name for name in inspect.signature(mine).parameters if name != "self"]
    return f"({', '.join(names)})"
