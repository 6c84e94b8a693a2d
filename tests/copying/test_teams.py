"""Several people work on one project: branches merge, packages move, tools are of several versions."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from infra_ref.workbench.refused import Refused
from tests.copying.bench import say, tell, tree, write
from tests.copying.test_status_and_diff import edit

TO = "src/shop/infra"
ITEMS = ("caching/memory_cache", "caching/redis_cache", "gateway/memory_http_client")


def git(project: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ITEMS, 2)))
def test_two_branches_that_add_different_items_merge_by_themselves(
    project: Path, one: str, other: str
) -> None:
    git(project, "init", "-q", "-b", "main")
    say("add", "caching/entity_strategy", "--to", TO)
    git(project, "add", ".")
    git(project, "commit", "-qm", "begin")
    for item in (one, other):
        git(project, "checkout", "-qb", item.replace("/", "-"), "main")
        say("add", item)
        git(project, "add", ".")
        git(project, "commit", "-qm", item)
    git(project, "merge", "-q", "--no-edit", one.replace("/", "-"))
    assert tell("status")["items"] == sorted(["caching/entity_strategy", one, other])
    assert {file["state"] for file in tell("status")["files"]} == {"unchanged"}
    assert {file["state"] for file in tell("status", "--check")["files"]} == {"unchanged"}
    for item in ("caching/entity_strategy", one, other):
        say("remove", item)
    assert not (project / "src/shop/infra").exists()


def test_two_branches_that_begin_with_different_items_merge(project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-qm", "begin")
    for item in ITEMS[:2]:
        git(project, "checkout", "-qb", item.replace("/", "-"), "main")
        say("add", item, "--to", TO)
        git(project, "add", ".")
        git(project, "commit", "-qm", item)
    git(project, "merge", "-q", "--no-edit", ITEMS[0].replace("/", "-"))
    assert tell("status")["items"] == sorted(ITEMS[:2])


@pytest.fixture
def copied(project: Path) -> Path:
    say("add", "caching/memory_cache", "--to", TO)
    write(project, {"src/shop/app.py": "from shop.infra.caching.memory_cache import MemoryCache\n"})
    return project


def states(project: Path) -> set[str]:
    return {one["state"] for one in tell("status")["files"]}


def test_a_package_that_was_moved_is_followed(copied: Path) -> None:
    (copied / TO).rename(copied / "src/shop/adapters")
    told = tell("status")
    assert told["followed"] == [f"{TO} is followed to src/shop/adapters, imported as shop.adapters"]
    assert told["target"] == "src/shop/adapters"
    assert states(copied) == {"unchanged"}
    cache = (copied / "src/shop/adapters/caching/memory_cache.py").read_text()
    assert "from shop.adapters.clock import Clock" in cache
    test = (copied / "tests/infra/caching/test_memory_cache_contract.py").read_text()
    assert "from shop.adapters.caching.memory_cache import" in test


def test_edits_and_imports_that_were_changed_already_are_followed(copied: Path) -> None:
    edit(copied / TO / "caching/memory_cache.py", "class MemoryCache", "MINE = 1\n\n\nclass MemoryCache")
    (copied / TO).rename(copied / "src/shop/adapters")
    for path in (*(copied / "src/shop/adapters").rglob("*.py"), *(copied / "tests").rglob("*.py")):
        path.write_text(path.read_text().replace("shop.infra", "shop.adapters"))
    say("moved", TO, "src/shop/adapters")
    edited = [one["path"] for one in tell("status")["files"] if one["state"] == "edited"]
    assert edited == ["src/shop/adapters/caching/memory_cache.py"]
    assert "+MINE = 1" in say("diff")
    assert "shop.infra" not in say("diff")


def test_tests_that_were_moved_are_followed_when_told(copied: Path) -> None:
    shutil.move(copied / "tests/infra", copied / "tests/unit")
    say("moved", "tests/infra", "tests/unit")
    assert tell("status")["tests"] == "tests/unit"
    assert states(copied) == {"unchanged"}


def test_what_was_not_moved_is_not_followed(copied: Path) -> None:
    before = tree(copied)
    with pytest.raises(Refused, match="are not in src/shop/adapters: move them first"):
        say("moved", TO, "src/shop/adapters")
    with pytest.raises(Refused, match=r"Nothing was copied to src/nowhere: there are src/shop/infra\."):
        say("moved", "src/nowhere", "src/shop/adapters")
    assert tree(copied) == before


def test_an_older_tool_changes_nothing_of_a_newer_version(copied: Path) -> None:
    lock = copied / ".infra-ref/lock.jsonl"
    lines = [json.loads(line) for line in lock.read_text().splitlines()]
    for line in lines:
        if line.get("path", "").endswith("memory_cache.py"):
            line |= {"version": "99.1", "source": "0" * 20}
    lock.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    before = tree(copied)
    assert states(copied) == {"unchanged"}
    with pytest.raises(Refused, match=r"of infra_ref 99\.1, newer than .* update infra-ref first"):
        say("update")
    assert tree(copied) == before
