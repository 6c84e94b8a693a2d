"""A project to copy into, a small collection to copy from, and the command line between them."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

from infra_ref.workbench.cli import application

PORT = '''"""The port of shelves."""

from __future__ import annotations

from typing import Protocol


class Shelf(Protocol):
    """Holds things."""

    def put(self, thing: str) -> None:
        """Put it there."""
        ...

    def has(self, thing: str) -> bool:
        """Return whether it is there."""
        ...
'''
SHELF = '''"""A shelf in memory."""

from __future__ import annotations

from acme.shelves.port import Shelf
from acme.shelves.wood import PLANK


class MemoryShelf:
    """A `Shelf`, see acme.shelves.port."""

    def __init__(self) -> None:
        self._things: set[str] = set()

    def put(self, thing: str) -> None:
        self._things.add(thing)

    def has(self, thing: str) -> bool:
        # Only what was put.
        return thing in self._things

    def planks(self) -> int:
        return PLANK


def make_shelf() -> Shelf:
    return MemoryShelf()
'''
WOOD = '"""Wood."""\n\nPLANK = 3\n'
TEST = '''"""The shelf in memory keeps what it is given."""

from acme.shelves.memory_shelf import MemoryShelf


def test_it_has_what_was_put() -> None:
    shelf = MemoryShelf()
    shelf.put("cup")
    assert shelf.has("cup")
    assert not shelf.has("jug")
    assert shelf.planks() == 3
'''
ACME = {
    "acme/__init__.py": "",
    "acme/shelves/__init__.py": '"""Shelves."""\n',
    "acme/shelves/port.py": PORT,
    "acme/shelves/wood.py": WOOD,
    "acme/shelves/memory_shelf.py": SHELF,
    "acme/shelves/metal_shelf.py": (
        "from acme.shelves.memory_shelf import MemoryShelf\n\n\nclass MetalShelf(MemoryShelf):\n    pass\n"
    ),
    "tests/shelves/test_memory_shelf_contract.py": TEST,
    "pyproject.toml": '[project]\nname = "acme"\nversion = "1.0"\n'
    '[project.optional-dependencies]\nredis = ["redis>=7"]\n',
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write text files below a folder, which is returned."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; nothing that a run of Python leaves."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"__pycache__", ".pytest_cache", ".ruff_cache"} & set(path.parts)
    }


def files(folder: Path) -> set[str]:
    """Return the names of what is below a folder, without what infra-ref knows of it."""
    return {name for name in tree(folder) if not name.startswith(".infra-ref/")}


def say(*arguments: str | Path) -> str:
    """Run the command line and return what it prints. Raises what it raises."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = application()([str(one) for one in arguments], prog_name="infra-ref", standalone_mode=False)
    if status:
        raise Failed(status, out.getvalue())
    return out.getvalue()


def tell(*arguments: str | Path) -> Any:
    """Run the command line with --json and return what it tells."""
    try:
        return json.loads(say(*arguments, "--json"))
    except Failed as failed:
        return json.loads(failed.said) | {"exit": failed.status}


class Failed(Exception):
    """The command ended with another status than 0."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"status {status}: {said}")
        self.status, self.said = status, said


def environment(*path: Path) -> dict[str, str]:
    """Return the environment for a Python that sees these folders and not the tests'."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return plain | {
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
