"""The command, run as a person runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import infra_ref

ROOT = Path(infra_ref.__file__).parent.parent
COMMAND = [sys.executable, "-m", "infra_ref.workbench.cli"]

Ran = subprocess.CompletedProcess[str]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COVERAGE"))}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **more}


@pytest.fixture
def infra_ref_in(tmp_path: Path) -> Callable[..., Ran]:
    """Run `infra-ref` in an own folder with an own home."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*args: str | Path, cwd: Path = tmp_path, python: tuple[str, ...] = (), **more: str) -> Ran:
        command = [*COMMAND[:1], *python] if python else COMMAND
        return subprocess.run(
            [*command, *map(str, args)],
            check=False,
            cwd=cwd,
            env=environment(HOME=str(home), **more),
            capture_output=True,
            text=True,
            timeout=50,
        )

    return run


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ran]]:
    """Call the command in this process: the same, and quicker."""
    from infra_ref.workbench.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    before = set(sys.modules)

    def call(*args: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["infra-ref", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(args, int(ended.value.code or 0), said.out, said.err)

    yield call
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "shop":
            del sys.modules[name]


def notebook(*sources: str, **metadata: Any) -> dict[str, Any]:
    """Return a notebook with these code cells."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A folder of two notebooks and a file that belongs to them."""
    folder = tmp_path / "shipped"
    write(folder / "00_start_here.ipynb", notebook("6 * 7"))
    write(folder / "05_caching.ipynb", notebook("import infra_ref", "infra_ref.__name__"))
    (folder / "data").mkdir()
    (folder / "data" / "orders.csv").write_text("id\n1\n")
    (folder / ".hidden").write_text("no")
    return folder
