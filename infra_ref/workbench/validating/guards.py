"""What a notebook's file says of itself: that it was run, whole and in order, and what it leaves unchecked.

nbval compares outputs; a notebook whose outputs were removed has none to
compare, and passes. These guards read the file as JSON and run nothing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra_ref.workbench.teaching.progress import asked_in
from infra_ref.workbench.validating.findings import Finding, Notebook

Cell = dict[str, Any]

_TAKEN_OUT = re.compile(r"nbval[-_](ignore[-_]output|skip)", re.IGNORECASE)
_REASON = re.compile(r"^\s*#(?!.*nbval)(?:\W*\w+\b){3,}", re.IGNORECASE | re.MULTILINE)


def examined(path: Path) -> Notebook:
    """Return what the file tells, a finding for all that no run could make good. Raises for no file."""
    notebook = Notebook(path)
    try:
        text = path.read_text("utf-8")
        content = json.loads(text)
        notebook.kernel = content.get("metadata", {}).get("kernelspec", {}).get("name", notebook.kernel)
        begins = re.finditer(r'"cell_type"\s*:\s*"code"', text)
        notebook.lines = tuple(text.count("\n", 0, one.start()) + 1 for one in begins)
        code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        sources = [joined(cell["source"]) for cell in code]
        for number, (cell, source) in enumerate(zip(code, sources, strict=True), start=1):
            notebook.findings += [Finding(number, *said) for said in _faults(cell, source, number)]
            notebook.checked += not _taken_out(cell, source)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        notebook.findings = [
            Finding(None, "this is no notebook", "a .ipynb file of version 4", _error(error))
        ]
        return notebook
    notebook.cells = len(code)
    if not code:
        notebook.findings.append(Finding(None, "has no code"))
    asked = [one for source in sources for one in asked_in(source)]
    notebook.predictions = tuple(name for kind, name in asked if kind == "predictions")
    notebook.exercises = tuple(dict.fromkeys(name for kind, name in asked if kind == "exercises"))
    twice = {name for name in notebook.predictions if notebook.predictions.count(name) > 1}
    notebook.findings += [Finding(None, f"two predictions are called {name!r}") for name in sorted(twice)]
    return notebook


def _faults(cell: Cell, source: str, number: int) -> Iterator[tuple[str, str, str]]:
    count = cell["execution_count"]
    if not source.strip():
        yield "is empty", "code", "nothing"
    elif count is None:
        yield "was not run", "a notebook that was run from top to bottom", "a cell without a number"
    elif count != number:
        yield "was run out of order: restart the kernel and run all", f"[{number}]", f"[{count}]"
    elif not cell["outputs"] and _prints(source):
        yield "has lost its output: restart the kernel and run all", "an output", "none"
    for output in cell["outputs"]:
        if output.get("name") == "stderr":
            said = _first(joined(output.get("text", "")))
            yield "writes to stderr, which differs from run to run", "nothing on stderr", said
        if output["output_type"] == "error" and "raises-exception" not in _tags(cell):
            said = f"{output.get('ename')}: {_first(str(output.get('evalue')))}"
            yield "holds an error", "no error, or the tag raises-exception", said
    if (left_out := _taken_out(cell, source)) and not _says_why(cell, source):
        wanted = 'a comment such as "# the order differs from run to run", or "reason" in its metadata'
        yield f"is not checked, and says no reason for {left_out}", wanted, "none"


def _taken_out(cell: Cell, source: str) -> str:
    """Return the tag or comment that leaves a cell unchecked, or nothing."""
    found = _TAKEN_OUT.search(" ".join(_tags(cell))) or _TAKEN_OUT.search(source)
    return found[0] if found else ""


def _says_why(cell: Cell, source: str) -> bool:
    reason = cell.get("metadata", {}).get("reason")
    return bool(_REASON.search(source)) or (isinstance(reason, str) and len(reason.split()) > 2)


def _prints(source: str) -> bool:
    """Whether a cell certainly shows something: it prints at its top, or ends in a value that is not None."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic, or an await at the top
        return False
    if not body or source.rstrip().endswith(";"):
        return False
    calls = [one.value for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
    if any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls):
        return True
    last = body[-1].value if isinstance(body[-1], ast.Expr) else None
    return isinstance(last, ast.Compare | ast.BinOp | ast.JoinedStr | ast.Tuple | ast.List | ast.Dict)


def _tags(cell: Cell) -> list[str]:
    return [str(tag) for tag in cell.get("metadata", {}).get("tags", [])]


def joined(text: str | list[str]) -> str:
    """Return a text that a notebook's file may hold as lines."""
    return text if isinstance(text, str) else "".join(text)


def _first(text: str) -> str:
    return text.strip().split("\n", 1)[0][:200]


def _error(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
