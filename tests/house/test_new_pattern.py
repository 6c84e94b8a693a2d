"""CONTRIBUTING's list of the five places is enough: a toy pattern is added, and everything knows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.test_shape import GUARDS, ROOT, gaps

PORT = '''"""The port."""

from typing import Protocol


class Ledger(Protocol):
    """Keeps what was booked."""

    async def book(self, amount: int) -> None: ...
'''
FAKE = '''"""In memory."""


class MemoryLedger:
    """A `Ledger`."""

    async def book(self, amount: int) -> None: ...
'''
CONTRACT = '''"""Rules."""

from infra_ref.contract import Contract, rule
from infra_ref.ledger.port import Ledger


class LedgerContract(Contract):
    port = Ledger

    @rule("LEDGER-01", "it books")
    async def books(self, ledger: Ledger) -> None:
        await ledger.book(1)
'''
TEST = '''"""It keeps its contract."""

from infra_ref.ledger.contracts.ledger_contract import LedgerContract
from infra_ref.ledger.memory_ledger import MemoryLedger


class TestMemoryLedger(LedgerContract):
    make = MemoryLedger
'''
NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
ABOUT = '"""Ledger: what was booked.\n\nReading path: `port`, `memory_ledger`.\n"""\n'
PLACES = {
    "infra_ref/ledger/__init__.py": ABOUT,
    "infra_ref/ledger/port.py": PORT,
    "infra_ref/ledger/memory_ledger.py": FAKE,
    "infra_ref/ledger/contracts/__init__.py": "",
    "infra_ref/ledger/contracts/ledger_contract.py": CONTRACT,
    "tests/ledger/test_memory_ledger_contract.py": TEST,
    "notebooks/90_ledger.ipynb": json.dumps(NOTEBOOK),
    "site-src/pages/why/ledger.md": "# Ledger\n",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the toy pattern in it."""
    root = tmp_path_factory.mktemp("tree")
    skip = shutil.ignore_patterns("__pycache__", "*.pyc", ".venv", "benchmarks")
    for name in ("infra_ref", "tests", "notebooks", "site-src"):
        shutil.copytree(ROOT / name, root / name, ignore=skip)
    for name in ("pyproject.toml", "README.md", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (root / "CHANGELOG.md").write_text(f"{changelog}- Ledger: a port and its fake.\n", encoding="utf-8")
    for name, text in PLACES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def run(tree: Path, *command: str, cwd: str = ".") -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree / cwd,
        env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_guards_ask_for_nothing_more(tree: Path) -> None:
    assert [said for guard in GUARDS for said in guard(tree)] == []


def test_the_command_line_knows_it(tree: Path) -> None:
    cli = ("-m", "infra_ref.workbench.cli")
    listed = json.loads(run(tree, *cli, "list", "--json"))["patterns"]
    ledger = next(one for one in listed if one["name"] == "ledger")
    assert (ledger["adapters"][0]["item"], ledger["notebook"]) == ("ledger/memory_ledger", "90_ledger.ipynb")
    assert "ledger_contract.py" in run(tree, *cli, "view", "MemoryLedger")
    assert "core 1 of 1" in run(tree, *cli, "check", "ledger", "infra_ref.ledger.memory_ledger:MemoryLedger")
    assert "1 of 2: infra_ref/ledger/port.py" in run(tree, *cli, "show", "ledger")


def test_the_site_knows_it(tree: Path) -> None:
    code = (
        "import json, navigation, reference_pages\n"
        "print(json.dumps([sorted(dict(reference_pages.pages())), navigation.navigation()]))"
    )
    pages, menu = json.loads(run(tree, "-c", code, cwd="site-src/hooks"))
    assert {"reference/ledger/index.md", "reference/ledger/MemoryLedger.md"} & set(pages)
    assert {"Ledger": "why/ledger.md"} in menu[2]["Why"]


@pytest.mark.parametrize(
    "place", ["tests/ledger", "notebooks/90_ledger.ipynb", "site-src/pages/why/ledger.md"]
)
def test_without_one_of_the_places_a_guard_complains(tree: Path, place: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tree, copy)
    path = copy / place
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert [said for said in gaps(copy) if "ledger" in said]


def test_contributing_names_the_places() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    places = (
        "infra_ref/<pattern>/",
        "tests/<pattern>/",
        "notebooks/NN_",
        "site-src/pages/why/",
        "CHANGELOG.md",
    )
    for place in places:
        assert place in text
