"""`status` and `diff` tell what was changed by whom, and see past formatting."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from infra_ref.workbench.refused import Refused
from tests.copying.bench import ACME, WOOD, say, tell, tree, write

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
    test = Path("tests/infra/shelves/test_memory_shelf.py")
    write(acme.parent, {"tests/shelves/test_other.py": "x = 1\n"})
    assert state(test) == "unchanged"
    edit(acme.parent / "tests/shelves/test_memory_shelf.py", '"jug"', '"mug"')
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
    assert say("diff") == "No differences but of form.\n"


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
    assert say("diff") == "No differences but of form.\n"
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


def corrupt(told: dict[str, Any], how: str) -> str:
    first = told["files"][-1]
    match how:
        case "cut short":
            return json.dumps(told)[:-100]
        case "conflict marks":
            return f"<<<<<<< yours\n{json.dumps(told)}\n=======\n"
        case "another base":
            first["base"] = base64.b64encode(zlib.compress(WOOD.encode())).decode()
        case "a base that is none":
            first["base"] = "AAAA"
        case "a path that leaves":
            first["path"] = "../../../../outside.py"
        case "an absolute path":
            first["path"] = "/etc/passwd"
        case "no text":
            first["version"] = 7
        case "no files":
            del told["files"]
        case "a list":
            return "[]"
        case _:
            told["format"] = 99
    return json.dumps(told)


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "conflict marks",
        "another base",
        "a base that is none",
        "a path that leaves",
        "an absolute path",
        "no text",
        "no files",
        "a list",
        "a newer format",
    ],
)
@pytest.mark.parametrize("command", ["status", "update", "remove"])
def test_a_broken_lock_changes_nothing(copied: Path, acme: Path, how: str, command: str) -> None:
    lock = copied / TO / "infra-ref.lock"
    lock.write_text(corrupt(json.loads(lock.read_text()), how))
    edit(acme / "shelves/wood.py", "3", "4")
    before = tree(copied)
    with pytest.raises(Refused, match=r"is damaged|newer than this infra-ref"):
        say(command, *(["shelves/memory_shelf"] if command == "remove" else []))
    assert tree(copied) == before


def test_a_lock_cannot_have_a_collection_read_from_outside(copied: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", ACME)
    lock = copied / TO / "infra-ref.lock"
    lock.write_text(lock.read_text().replace("../vendor/acme", "../../outside/acme"))
    with pytest.raises(Refused, match="collection acme is not to be found here"):
        say("update")


def test_a_lock_that_names_a_tests_folder_outside_is_refused(copied: Path) -> None:
    lock = copied / TO / "infra-ref.lock"
    told = json.loads(lock.read_text())
    told["tests"] = "../../../../elsewhere"
    lock.write_text(json.dumps(told))
    with pytest.raises(Refused, match="names a tests' folder outside"):
        say("update")
