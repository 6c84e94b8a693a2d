"""What the texts show runs: the Python in README, CONTRIBUTING and the site, and docstrings' examples.

A fenced block that says `python` runs, those of one text after each other in
one namespace and an empty folder; `await` may stand at the top, as in a
notebook. A block that is not to run says `text`.
"""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<says>[^\n`]*)\n(?P<code>.*?)^ *(?P=fence) *$", re.M | re.S
)

RUNNER = """
import ast, asyncio, inspect, json, sys
space = {"__name__": "__main__"}
for line, code in json.load(sys.stdin):
    parsed = ast.increment_lineno(ast.parse(code), line)
    done = eval(compile(parsed, sys.argv[1], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), space)
    if inspect.isawaitable(done):
        asyncio.run(done)
"""


FOLLOWED = {"change-a-table.md", "first-ten-minutes.md"}
"""Pages whose commands and files belong together: a test of its own follows each."""


def texts(root: Path) -> list[Path]:
    """Return the texts whose code is held to."""
    found = [*sorted(root.glob("*.md")), *sorted((root / "site-src").rglob("*.md"))]
    return [path for path in found if path.name not in FOLLOWED]


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and code of each block that says `python`."""
    for found in BLOCK.finditer(text):
        if re.match(r"(\{ \.)?py(thon)?\b", found["says"].strip()):
            line = text.count("\n", 0, found.start("code"))
            yield line, re.sub(rf"^{found['indent']}", "", found["code"], flags=re.M)


def run(path: Path, folder: Path) -> str:
    """Run a text's blocks in `folder`; return what went wrong, or nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER, path.name],
        input=json.dumps(list(blocks(path.read_text(encoding="utf-8")))),
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("path", texts(ROOT), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_runs(path: Path, tmp_path: Path) -> None:
    assert run(path, tmp_path) == ""


def test_the_readme_has_code_to_run() -> None:
    assert list(blocks((ROOT / "README.md").read_text(encoding="utf-8")))


def with_examples(root: Path) -> Iterator[str]:
    """Yield the modules of the package that have an example in a docstring."""
    for path in sorted((root / "infra_ref").rglob("*.py")):
        if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.M):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_docstring_examples_run() -> None:
    for name in with_examples(ROOT):
        failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
        assert (failed, bool(tried)) == (0, True), name


def test_a_text_that_fails_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "some.md"
    path.write_text("# A\n\n```python\nx = 1\n```\n\n- b\n\n  ```python\n  assert x == 2\n  ```\n")
    assert 'File "some.md", line 10' in run(path, tmp_path)


def test_only_python_runs_and_it_may_await(tmp_path: Path) -> None:
    path = tmp_path / "some.md"
    path.write_text(
        "```sh\nexit 1\n```\n```text\n1 / 0\n```\n"
        "```python\nimport asyncio\nawait asyncio.sleep(0)\nx = 1\n```\n"
        '```python title="b"\nassert x == 1\n```\n'
    )
    assert [code for _, code in blocks(path.read_text())][1] == "assert x == 1\n"
    assert run(path, tmp_path) == ""
