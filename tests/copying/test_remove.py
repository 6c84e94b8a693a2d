"""`remove` deletes what nobody else needs and nobody edited, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra_ref.workbench.copying.lock import read
from infra_ref.workbench.refused import Refused
from tests.copying.bench import files, say, tell, tree, write

TO = Path("src/shop/infra")


@pytest.fixture
def copied(project: Path, acme: Path) -> Path:
    say("add", "shelves/memory_shelf", "shelves/metal_shelf", "--from", acme, "--to", TO)
    return project


def test_the_last_item_takes_everything_with_it(copied: Path) -> None:
    told = tell("remove", "shelves/metal_shelf", "shelves/memory_shelf")
    assert told["stays"] == []
    assert set(tree(copied)) == {"pyproject.toml", "src/shop/__init__.py"}
    assert not (copied / TO).exists()


def test_what_another_item_needs_stays(copied: Path) -> None:
    told = tell("remove", "shelves/memory_shelf")
    names = ("__init__.py", "shelves/__init__.py", "shelves/test_memory_shelf_contract.py")
    assert told["removed"] == [f"tests/infra/{name}" for name in names]
    assert told["stays"] == [
        {"path": f"{TO}/shelves/memory_shelf.py", "why": f"{TO}/shelves/metal_shelf.py needs it"}
    ]
    assert read(copied).items_of(TO.as_posix()) == ["shelves/metal_shelf"]
    say("remove", "shelves/metal_shelf")
    assert set(tree(copied)) == {"pyproject.toml", "src/shop/__init__.py"}


def test_what_only_the_removed_item_needed_goes(copied: Path) -> None:
    assert tell("remove", "shelves/metal_shelf")["removed"] == [f"{TO}/shelves/metal_shelf.py"]
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


def test_an_edited_file_stays_with_what_it_needs(copied: Path) -> None:
    path = copied / TO / "shelves/memory_shelf.py"
    path.write_text(path.read_text() + "MINE = 1\n")
    told = tell("remove", "shelves/memory_shelf", "shelves/metal_shelf")
    assert {"path": f"{TO}/shelves/memory_shelf.py", "why": "it was edited; --force deletes it"} in told[
        "stays"
    ]
    assert (copied / TO / "shelves/wood.py").exists()
    assert path.read_text().endswith("MINE = 1\n")
    assert read(copied).items_of(TO.as_posix()) == ["shelves/memory_shelf"]
    say("remove", "shelves/memory_shelf", "--force")
    assert set(tree(copied)) == {"pyproject.toml", "src/shop/__init__.py"}


def test_a_reformatted_file_was_not_edited(copied: Path) -> None:
    path = copied / TO / "shelves/memory_shelf.py"
    path.write_text(path.read_text().replace('"""', "'''"))
    say("remove", "shelves/memory_shelf", "shelves/metal_shelf")
    assert not path.exists()


@pytest.mark.parametrize(
    "line",
    [
        "from shop.infra.shelves.memory_shelf import MemoryShelf",
        "from shop.infra.shelves import memory_shelf",
        "import shop.infra.shelves.memory_shelf as shelf",
        "from .infra.shelves.memory_shelf import MemoryShelf",
        "def f():\n    from .infra.shelves import memory_shelf",
    ],
)
def test_what_the_projects_own_code_imports_stays(copied: Path, line: str) -> None:
    write(copied, {"src/shop/app.py": f"{line}\n"})
    told = tell("remove", "shelves/memory_shelf", "shelves/metal_shelf")
    assert {"path": f"{TO}/shelves/memory_shelf.py", "why": "src/shop/app.py imports it"} in told["stays"]
    assert (copied / TO / "shelves/wood.py").exists()
    assert not (copied / TO / "shelves/metal_shelf.py").exists()
    assert (copied / TO / "shelves/__init__.py").exists()


def test_files_of_the_owners_beside_them_stay(copied: Path) -> None:
    write(copied, {f"{TO}/shelves/mine.py": "x = 1\n"})
    say("remove", "shelves/memory_shelf", "shelves/metal_shelf")
    assert files(copied) == {
        "pyproject.toml",
        "src/shop/__init__.py",
        f"{TO}/__init__.py",
        f"{TO}/shelves/__init__.py",
        f"{TO}/shelves/mine.py",
    }


def test_a_file_that_is_gone_already_is_no_obstacle(copied: Path) -> None:
    (copied / TO / "shelves/metal_shelf.py").unlink()
    assert tell("remove", "shelves/metal_shelf")["removed"] == [f"{TO}/shelves/metal_shelf.py"]


def test_dry_run_deletes_nothing(copied: Path) -> None:
    before = tree(copied)
    assert tell("remove", "shelves/metal_shelf", "--dry-run")["removed"] == [f"{TO}/shelves/metal_shelf.py"]
    assert "would go" in say("remove", "shelves/metal_shelf", "--dry-run")
    assert tree(copied) == before


def test_what_was_not_asked_for_cannot_be_removed(copied: Path) -> None:
    with pytest.raises(Refused, match="there are shelves/memory_shelf, shelves/metal_shelf"):
        say("remove", "shelves/wood")
