"""Every notebook is as it was run: whole, in order, the same anywhere, and nothing private in it.

nbval compares outputs; this guards what nbval lets pass. It reads the files
as JSON and runs nothing, so it is over in a moment.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 1_000_000  # bytes; a page of the site carries all of it

Cell = dict[str, Any]

PRIVATE = {
    "an absolute path": re.compile(
        r"(?<![\w.:/<-])/(?:home|root|Users|tmp|var|usr|opt|work|mnt|srv|private|workspaces)/\w|\b[A-Z]:\\\\?\w"
    ),
    "an object's address": re.compile(r"\b0x[0-9a-f]{6,}\b", re.I),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|sk[-_]\w{20,})"
    ),
    "a signed token": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    "a password in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@\"']*:(?!\*+@|\.\.\.@)[^\s:/@\"'{]+@"),
}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OFF = re.compile(r"nbval[-_](?:ignore[-_]output|skip)", re.I)
REASON = re.compile(r"^\s*#(?!.*nbval)(?:\W*\w+\b){3,}", re.I | re.M)


def complaints(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one notebook."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not code:
        yield "has no code"
    for number, cell in enumerate(code, start=1):
        yield from (f"code cell {number} {what}" for what in _faults(cell, number))
    for number, cell in enumerate(notebook["cells"], start=1):
        for text in (_joined(cell["source"]), *_outputs(cell)):
            yield from (f"cell {number} holds {what}" for what, found in _private(text) if found)


def _faults(cell: Cell, number: int) -> Iterator[str]:
    yield from _run(cell, number)
    yield from _switched_off(cell)
    yield from _unfolded(cell)


def _run(cell: Cell, number: int) -> Iterator[str]:
    source = _joined(cell["source"])
    if not source.strip():
        yield "is empty"
    elif cell["execution_count"] is None:
        yield "was not run"
    elif cell["execution_count"] != number:
        yield f"was run as number {cell['execution_count']}: restart the kernel and run all"
    elif not cell["outputs"] and _shows_something(source):
        yield "has lost its output: restart the kernel and run all"
    for output in cell["outputs"]:
        if output.get("name") == "stderr":
            yield "writes to stderr, which differs from run to run"
        if output["output_type"] == "error" and "raises-exception" not in _tags(cell):
            yield f"raised {output['ename']} and is not tagged raises-exception"


def _switched_off(cell: Cell) -> Iterator[str]:
    source = _joined(cell["source"])
    switched_off = OFF.search(" ".join(_tags(cell))) or OFF.search(source)
    if switched_off and not REASON.search(source):
        yield "switches a check off and says no reason: add a comment to the cell"


def _unfolded(cell: Cell) -> Iterator[str]:
    """Yield when a cell shows its answer before it is run.

    JupyterLab folds the input of a cell that is marked so, and still shows its first line.
    """
    source, hidden = _joined(cell["source"]), cell["metadata"].get("jupyter", {}).get("source_hidden")
    if ".reveal(" in source and hidden is not True:
        yield 'reveals an answer and is not folded: give it the metadata {"jupyter": {"source_hidden": true}}'
    if ".reveal(" in source and not re.match(r"\w+\.reveal\(\n", source):
        yield "shows more than `name.reveal(` in its first line, which a folded cell shows"
    if re.search(r"\.hint\((?!0\))", source):
        yield "takes a hint that nobody asked for: write `.hint(0)`"


def _shows_something(source: str) -> bool:
    """Tell whether a cell prints at its top, or ends in a value that is certainly not None."""
    try:
        body = ast.parse(source, mode="exec").body
    except SyntaxError:  # a magic
        return False
    if source.rstrip().endswith(";"):
        return False
    prints = any(isinstance(s, ast.Expr) and ast.unparse(s).startswith("print(") for s in body)
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    return prints or isinstance(
        last, ast.Compare | ast.BinOp | ast.JoinedStr | ast.Tuple | ast.List | ast.Dict
    )


def _private(text: str) -> Iterator[tuple[str, bool]]:
    for what, pattern in PRIVATE.items():
        yield what, bool(pattern.search(text))


def _outputs(cell: Cell) -> Iterator[str]:
    """Yield every text of a cell's outputs; a picture's bytes are no text."""
    for output in cell.get("outputs", []):
        yield COLOUR.sub("", _joined(output.get("text", "")))
        yield COLOUR.sub("", "\n".join(output.get("traceback", [])))
        for kind, data in output.get("data", {}).items():
            if not kind.startswith("image/") or kind.startswith("image/svg"):
                yield _joined(data) if isinstance(data, str | list) else json.dumps(data)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _tags(cell: Cell) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
NOTEBOOKS = [path for path in NOTEBOOKS if ".ipynb_checkpoints" not in path.parts]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_as_it_was_run(path: Path) -> None:
    assert list(complaints(json.loads(path.read_text(encoding="utf-8")))) == []
    assert path.stat().st_size <= LARGEST


# A guard that cannot complain is a defect


def cell(source: str, *outputs: dict[str, Any], count: int | None = 1, tags: tuple[str, ...] = ()) -> Cell:
    return {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "execution_count": count,
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
    }


def folded(source: str, hidden: object = True) -> Cell:
    return cell(source) | {"metadata": {"jupyter": {"source_hidden": hidden}}}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": [text]}


def result(text: str, kind: str = "text/plain") -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {kind: [text]}, "metadata": {}}


def error(*traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": list(traceback)}


SOUND = [
    [cell("x = 1"), cell("x == 1", result("True"), count=2)],
    [cell("print('a')", stream("a"))],
    [cell("1 / 0", error("\x1b[31mKeyError\x1b[0m"), tags=("raises-exception",))],
    [cell("# NBVAL_IGNORE_OUTPUT\n# the order of these two is not ours to say\nx", result("1"))],
    [cell("x = 'https://example.com/home/a'")],
    [cell("x = 'redis://localhost:6379/0'")],
    [cell("x = 'postgresql://app:***@db/shop'")],
    [cell("x", result("iVBORw0KGgo/home/a", "image/png"))],
    [folded("lost.reveal(\n    3,\n    why='two were lost',\n)")],
    [cell("ex.hint(0)  # write 1 for the first one")],
]
BAD = {
    "has no code": [],
    "was not run": [cell("x = 1", count=None)],
    "was run as number 3": [cell("x = 1", count=3)],
    "is empty": [cell("")],
    "has lost its output": [cell("print(1)")],
    "has lost its output: restart": [cell("x\nx == 1")],
    "stderr": [cell("x", stream("a", "stderr"))],
    "raised KeyError": [cell("x", error("KeyError"))],
    "says no reason": [cell("x", result("1"), tags=("nbval-ignore-output",))],
    "no reason": [cell("# NBVAL_SKIP\nx", result("1"))],
    "reveals an answer and is not folded": [folded("lost.reveal(\n    3,\n)", hidden=False)],
    "more than `name.reveal(` in its first line": [folded("lost.reveal(3, why='two were lost')")],
    "shows more than `name.reveal(`": [folded("x = 3\nlost.reveal(\n    x,\n)")],
    "takes a hint that nobody asked for": [cell("ex.hint(1)")],
    "takes a hint": [cell("ex.hint()")],
    "holds an absolute path": [cell("x", result("/home/ann/x.py"))],
    "an absolute path": [cell("open('/tmp/x')")],
    "absolute path": [cell("x", error("\x1b[32m/usr/lib/x.py\x1b[0m"), tags=("raises-exception",))],
    "an object's address": [cell("x", result("<object at 0x7f149a4673>"))],
    "object's address": [cell("x", result("<b>&lt;object at 0x7f149a4673&gt;</b>", "text/html"))],
    "a private key": [cell("x", stream("-----BEGIN RSA PRIVATE KEY-----"))],
    "an access key": [cell("key = 'AKIA" + "A" * 16 + "'")],
    "a signed token": [cell("x", result(2 * ("eyJ" + "a" * 9 + ".") + "b" * 9))],
    "a password in a URL": [cell("x = 'postgresql://app:hunter2@db/shop'")],
}


@pytest.mark.parametrize("cells", SOUND)
def test_a_sound_notebook_is_let_be(cells: list[Cell]) -> None:
    assert list(complaints({"cells": cells})) == []


@pytest.mark.parametrize(("said", "cells"), BAD.items(), ids=BAD)
def test_the_guard_complains(said: str, cells: list[Cell]) -> None:
    found = list(complaints({"cells": cells}))
    assert len(found) == 1
    assert said in found[0]
