"""`status` and `diff` tell what was changed by whom, and see past formatting."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra_ref.workbench.refused import Refused
from tests.copying.bench import ACME, Failed, say, tell, tree, write

TO = Path("src/shop/infra")
SHELF = TO / "shelves/memory_shelf.py"


@pytest.fixture
def acme(project: Path) -> Path:
    """The collection, within the project."""
    return write(project / "vendor", ACME) / "acme"


@pytest.fixture
def copied(project: Path, acme: Path) -> Path:
    say("add", "shelves/memory_shelf", "--from", acme, "--to", TO)
    return project


def state(path: Path) -> str:
    (found,) = {one["state"] for one in tell("status")["files"] if one["path"] == path.as_posix()}
    return found


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def test_each_state_has_its_word(copied: Path, acme: Path) -> None:
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    edit(copied / SHELF, "return PLANK", "return PLANK + 1")
    assert state(SHELF) == "edited"
    edit(acme / "shelves/memory_shelf.py", "Only what", "Just what")
    assert state(SHELF) == "both"
    edit(copied / SHELF, "return PLANK + 1", "return PLANK")
    assert state(SHELF) == "outdated"
    (copied / SHELF).unlink()
    assert state(SHELF) == "missing"
    assert "missing" in say("status")


def test_a_copied_test_is_outdated_when_its_source_is(copied: Path, acme: Path) -> None:
    test = Path("tests/infra/shelves/test_memory_shelf_contract.py")
    write(acme.parent, {"tests/shelves/test_other.py": "x = 1\n"})
    assert state(test) == "unchanged"
    edit(acme.parent / "tests/shelves/test_memory_shelf_contract.py", '"jug"', '"mug"')
    assert state(test) == "outdated"


def test_a_source_that_is_no_more_is_told(copied: Path, acme: Path) -> None:
    (acme / "shelves/wood.py").unlink()
    assert "its source is not to be found" in say("status")


def test_a_collection_that_is_not_there_any_more_does_no_harm(copied: Path) -> None:
    shutil.rmtree(copied / "vendor")
    assert {one["newest"] for one in tell("status")["files"]} == {None}
    edit(copied / SHELF, "return PLANK", "return PLANK + 1")
    assert state(SHELF) == "edited"
    assert "+        return PLANK + 1" in say("diff")


@pytest.mark.parametrize(
    "outer",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.rstrip(b"\n"),
        lambda data: data.replace(
            b"return thing in self._things", b"return (\n            thing in self._things\n        )"
        ),
        lambda data: data.replace(b'"""A shelf in memory."""', b"'''A shelf in memory.'''"),
        lambda data: data.replace(b"class Mem", b"\n\nclass Mem"),
    ],
    ids=["CRLF", "BOM", "no last newline", "wrapped", "quotes", "blank lines"],
)
def test_form_is_no_change(copied: Path, outer: Any) -> None:
    before = (copied / SHELF).read_bytes()
    (copied / SHELF).write_bytes(outer(before))
    assert (copied / SHELF).read_bytes() != before
    assert state(SHELF) == "unchanged"
    assert say("diff") == "No differences but of format.\n"


def test_a_formatter_is_no_change_in_any_file(project: Path) -> None:
    say("add", "caching/redis_cache", "caching/single_flight_cache", "--to", TO)
    before = tree(project)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=60", "src", "tests"]
    subprocess.run(command, check=True, capture_output=True)
    assert sum(before[name] != data for name, data in tree(project).items()) > 8
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    assert tell("diff")["files"] == []


def test_a_comment_is_a_change(copied: Path) -> None:
    edit(copied / SHELF, "# Only what was put.", "# Only what was put here.")
    assert state(SHELF) == "edited"
    assert "+        # Only what was put here.\n" in say("diff")


def test_diff_shows_the_edit_alone_in_a_reformatted_file(copied: Path) -> None:
    text = (copied / SHELF).read_text().replace('"""', "'''").replace("    ", "  ")
    (copied / SHELF).write_text(text.replace("return PLANK", "return PLANK + 1"))
    changed = [
        line
        for line in say("diff", "shelves/memory_shelf").splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changed == ["-        return PLANK", "+    return PLANK + 1"]


def test_diff_against_the_newest(copied: Path, acme: Path) -> None:
    edit(acme / "shelves/wood.py", "3", "4")
    assert say("diff") == "No differences but of format.\n"
    assert "-PLANK = 4\n+PLANK = 3\n" in say("diff", "--newest")


def test_a_missing_file_is_a_difference(copied: Path) -> None:
    (copied / TO / "shelves/wood.py").unlink()
    assert "+++ /dev/null" in say("diff", "shelves/wood")


def test_diff_of_what_was_not_copied_is_refused(copied: Path) -> None:
    with pytest.raises(Refused, match="was not copied here"):
        say("diff", "shelves/stone")


def test_what_is_not_python_or_not_text_any_more_is_edited(copied: Path) -> None:
    (copied / SHELF).write_text("def broken(:\n")
    assert state(SHELF) == "edited"
    (copied / SHELF).write_bytes(b"\xff\xfe\x00")
    assert state(SHELF) == "edited"
    with pytest.raises(Refused, match="is not UTF-8"):
        say("diff")


def test_a_file_turned_into_a_folder_is_named(copied: Path) -> None:
    (copied / SHELF).unlink()
    (copied / SHELF).mkdir()
    with pytest.raises(Refused, match="is a folder, and a file of that name is needed"):
        say("status")


# The lock file


def test_the_lock_is_found_from_inside_and_from_above(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (".", TO, TO / "shelves", "tests"):
        monkeypatch.chdir(copied / folder)
        assert tell("status")["target"] == TO.as_posix()


def test_of_several_targets_one_must_be_named(copied: Path, acme: Path) -> None:
    say("add", "shelves/wood", "--from", acme, "--to", "src/shop/other")
    with pytest.raises(Refused, match="several targets here"):
        say("status")
    assert tell("status", "--to", "src/shop/other")["items"] == ["shelves/wood"]


def test_without_a_lock_it_says_how_to_begin(project: Path) -> None:
    with pytest.raises(Refused, match="begin with `infra-ref add"):
        say("status")


LOCK = ".infra-ref/lock.jsonl"


def corrupt(lock: Path, how: str) -> None:
    lines = [json.loads(line) for line in lock.read_text().splitlines()]
    file = next(one for one in lines if one.get("path", "").endswith("wood.py"))
    match how:
        case "cut short":
            lock.write_text(lock.read_text()[:-100])
            return
        case "a path that leaves":
            file["path"] = "../outside.py"
        case "an absolute path":
            file["path"] = "/etc/passwd"
        case "the lock itself":
            file["path"] = LOCK
        case "no text":
            file["version"] = 7
        case "no target":
            lines = [one for one in lines if one.get("is") != "target"]
        case "tests outside":
            next(one for one in lines if one.get("is") == "target")["tests"] = "../elsewhere"
        case "a list":
            lines = [[]]
        case "an unknown line":
            lines.append({"is": "elephant"})
        case _:
            lines[0]["format"] = 99
    lock.write_text("".join(f"{json.dumps(one)}\n" for one in lines))


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "a path that leaves",
        "an absolute path",
        "the lock itself",
        "no text",
        "no target",
        "tests outside",
        "a list",
        "an unknown line",
        "a newer format",
    ],
)
@pytest.mark.parametrize("command", ["status", "update", "remove"])
def test_a_broken_lock_changes_nothing(copied: Path, acme: Path, how: str, command: str) -> None:
    corrupt(copied / LOCK, how)
    edit(acme / "shelves/wood.py", "3", "4")
    before = tree(copied)
    with pytest.raises(Refused, match=r"is damaged|newer than this infra-ref"):
        say(command, *(["shelves/memory_shelf"] if command == "remove" else []))
    assert tree(copied) == before


@pytest.mark.parametrize(
    "change", [lambda path: path.unlink(), lambda path: path.write_text("x = 1\n")], ids=["lost", "damaged"]
)
def test_a_base_that_is_lost_or_damaged_is_named(copied: Path, acme: Path, change: Any) -> None:
    for path in (copied / ".infra-ref/base").iterdir():
        change(path)
    edit(copied / SHELF, "return PLANK", "return PLANK + 1")
    before = tree(copied)
    with pytest.raises(Refused, match=r"the base of .*memory_shelf\.py, is missing or damaged"):
        say("diff")
    edit(acme / "shelves/memory_shelf.py", "Only what", "Just what")
    with pytest.raises(Refused, match="is missing or damaged"):
        say("update")
    assert {name: data for name, data in tree(copied).items() if "vendor" not in name} == {
        name: data for name, data in before.items() if "vendor" not in name
    }


def test_a_lock_with_marks_of_a_conflict_is_that_of_both_sides(copied: Path) -> None:
    lock = copied / LOCK
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text("".join(["<<<<<<< HEAD\n", *lines[:4], "=======\n", *lines[2:], ">>>>>>> other\n"]))
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    say("remove", "shelves/memory_shelf")
    assert not (copied / TO).exists()


def test_a_lock_cannot_have_a_collection_read_from_outside(copied: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", ACME)
    lock = copied / LOCK
    assert '"vendor/acme"' in lock.read_text()
    lock.write_text(lock.read_text().replace('"vendor/acme"', '"../outside/acme"'))
    with pytest.raises(Refused, match="collection acme is not to be found here"):
        say("update")


def test_a_lock_that_is_a_link_is_refused(copied: Path, tmp_path: Path) -> None:
    (copied / ".infra-ref").rename(tmp_path / "elsewhere")
    (copied / ".infra-ref").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="symbolic link"):
        say("status")


# For CI


@pytest.mark.parametrize("change", ["outdated", "missing", "conflicted"])
def test_check_does_not_let_pass(copied: Path, acme: Path, change: str) -> None:
    say("status", "--check")
    match change:
        case "outdated":
            edit(acme / "shelves/wood.py", "3", "4")
        case "missing":
            (copied / TO / "shelves/wood.py").unlink()
        case _:
            edit(copied / TO / "shelves/wood.py", "PLANK = 3", "<<<<<<< yours\nPLANK = 3")
    with pytest.raises(Failed, match=f"1 {change}"):
        say("status", "--check")
    assert f"1 {change}" in say("status")


def test_an_edit_passes_the_check(copied: Path) -> None:
    edit(copied / SHELF, "return PLANK", "return PLANK + 1")
    assert "1 edited" in say("status", "--check")
