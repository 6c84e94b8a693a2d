"""`update` brings what is new and keeps what the owner wrote."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra_ref.workbench.copying.formatting import same_but_for_format
from infra_ref.workbench.copying.merge import _is_python, merged
from infra_ref.workbench.refused import Refused
from tests.copying.bench import SHELF, TEST, say, tell, tree, write
from tests.copying.test_status_and_diff import edit

TO = Path("src/shop/infra")


@pytest.fixture
def newer(project: Path, acme: Path) -> Path:
    """The collection, within the project, after the shelf was copied; change it to make it newer."""
    vendor = project / "vendor"
    shutil.copytree(acme.parent, vendor)
    say("add", "shelves/memory_shelf", "--from", vendor / "acme", "--to", TO)
    return vendor / "acme"


def test_what_nobody_edited_is_replaced(project: Path, newer: Path) -> None:
    edit(newer / "shelves/wood.py", "3", "4")
    told = tell("update")
    assert told["replaced"] == [f"{TO}/shelves/wood.py"]
    assert (project / TO / "shelves/wood.py").read_text().endswith("PLANK = 4\n")
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    assert "newest version" in say("update")


def test_a_new_version_changes_no_file_whose_source_is_as_it_was(project: Path, newer: Path) -> None:
    edit(newer.parent / "pyproject.toml", '"1.0"', '"2.0"')
    edit(newer / "shelves/wood.py", "3", "4")
    assert tell("update")["replaced"] == [f"{TO}/shelves/wood.py"]
    assert (project / TO / "shelves/wood.py").read_text().startswith("# From acme 2.0: ")
    assert (project / TO / "shelves/port.py").read_text().startswith("# From acme 1.0: ")
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


def test_edits_on_both_sides_are_both_kept(project: Path, newer: Path) -> None:
    edit(project / TO / "shelves/memory_shelf.py", "return PLANK", "return PLANK * 2")
    edit(newer / "shelves/memory_shelf.py", "self._things.add(thing)", "self._things |= {thing}")
    assert tell("update")["merged"] == [{"path": f"{TO}/shelves/memory_shelf.py", "conflicts": 0}]
    text = (project / TO / "shelves/memory_shelf.py").read_text()
    assert "return PLANK * 2" in text
    assert "self._things |= {thing}" in text
    states = {one["path"]: one["state"] for one in tell("status")["files"]}
    assert states[f"{TO}/shelves/memory_shelf.py"] == "edited"


def test_a_conflict_is_marked_counted_and_told(project: Path, newer: Path) -> None:
    path = project / TO / "shelves/memory_shelf.py"
    edit(path, "return PLANK", "return PLANK * 2")
    edit(newer / "shelves/memory_shelf.py", "return PLANK", "return PLANK + 1")
    told = tell("update")
    assert (told["conflicts"], told["exit"]) == (1, 1)
    marked = "<<<<<<< yours\n        return PLANK * 2\n=======\n        return PLANK + 1\n>>>>>>> acme 1.0\n"
    assert marked in path.read_text()


def test_marks_must_be_decided_before_the_next_update(project: Path, newer: Path) -> None:
    test_a_conflict_is_marked_counted_and_told(project, newer)
    edit(newer / "shelves/memory_shelf.py", "Only what", "Just what")
    before = tree(project)
    with pytest.raises(Refused, match="still has marks of a conflict"):
        say("update")
    assert tree(project) == before


@pytest.mark.parametrize(("old", "new"), [("    ", "  "), ('"""', "'''")], ids=["indent", "quotes"])
def test_a_reformatted_file_is_merged_without_conflicts(
    project: Path, newer: Path, old: str, new: str
) -> None:
    path = project / TO / "shelves/memory_shelf.py"
    path.write_text(path.read_text().replace(old, new).replace("return PLANK", "return PLANK * 2"))
    edit(newer / "shelves/memory_shelf.py", "self._things.add(thing)", "self._things |= {thing}")
    assert tell("update")["conflicts"] == 0
    text = path.read_text()
    ast.parse(text)
    assert "return PLANK * 2" in text
    assert "self._things |= {thing}" in text


def test_newlines_and_byte_order_mark_stay_the_owners(project: Path, newer: Path) -> None:
    path = project / TO / "shelves/wood.py"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    edit(newer / "shelves/wood.py", "3", "4")
    say("update")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf#")
    assert data.endswith(b"PLANK = 4\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")


def test_what_is_needed_now_is_added(project: Path, newer: Path) -> None:
    write(newer, {"shelves/metal.py": "BOLT = 1\n"})
    edit(newer / "shelves/wood.py", "PLANK = 3", "from acme.shelves.metal import BOLT\n\nPLANK = 3 * BOLT")
    assert [one["path"] for one in tell("update")["written"]] == [f"{TO}/shelves/metal.py"]
    assert "from shop.infra.shelves.metal import BOLT" in (project / TO / "shelves/wood.py").read_text()


def test_a_file_of_the_owners_in_the_way_stops_it_whole(project: Path, newer: Path) -> None:
    test_file = {f"{TO}/shelves/metal.py": "mine = 1\n"}
    write(project, test_file)
    write(newer, {"shelves/metal.py": "BOLT = 1\n"})
    edit(newer / "shelves/wood.py", "PLANK = 3", "from acme.shelves.metal import BOLT\n\nPLANK = 3 * BOLT")
    before = tree(project)
    with pytest.raises(Refused, match="a file of yours is there"):
        say("update")
    assert tree(project) == before


def test_what_the_owner_deleted_stays_deleted(project: Path, newer: Path) -> None:
    (project / TO / "shelves/wood.py").unlink()
    edit(newer / "shelves/wood.py", "3", "4")
    assert tell("update")["missing"] == [f"{TO}/shelves/wood.py"]
    assert not (project / TO / "shelves/wood.py").exists()
    say("add", "shelves/memory_shelf", "--from", newer, "--to", TO, "--force")
    assert (project / TO / "shelves/wood.py").read_text().endswith("PLANK = 4\n")


def test_what_nothing_needs_any_more_stays_and_is_told(project: Path, newer: Path) -> None:
    edit(newer / "shelves/memory_shelf.py", "from acme.shelves.wood import PLANK\n", "PLANK = 5\n")
    assert tell("update")["not_needed"] == [f"{TO}/shelves/wood.py"]
    assert (project / TO / "shelves/wood.py").exists()


def test_the_copied_test_is_updated_too(project: Path, newer: Path) -> None:
    write(newer.parent, {"tests/shelves/test_memory_shelf_contract.py": TEST.replace('"jug"', '"mug"')})
    assert tell("update")["replaced"] == ["tests/infra/shelves/test_memory_shelf_contract.py"]


def test_dry_run_changes_nothing(project: Path, newer: Path) -> None:
    edit(newer / "shelves/wood.py", "3", "4")
    before = tree(project)
    assert tell("update", "--dry-run")["replaced"] == [f"{TO}/shelves/wood.py"]
    assert "this would be done" in say("update", "--dry-run")
    assert tree(project) == before


def test_adding_to_an_outdated_target_is_refused(project: Path, newer: Path) -> None:
    edit(newer / "shelves/wood.py", "3", "4")
    with pytest.raises(Refused, match="run `infra-ref update` first"):
        say("add", "shelves/metal_shelf", "--from", newer, "--to", TO)


def test_without_git_a_merge_is_refused(project: Path, newer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(project / TO / "shelves/memory_shelf.py", "return PLANK", "return PLANK * 2")
    edit(newer / "shelves/memory_shelf.py", "Only what", "Just what")
    before = tree(project)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="git is not installed"):
        say("update")
    assert tree(project) == before


def test_a_collection_elsewhere_must_be_named_again(project: Path, acme: Path) -> None:
    say("add", "shelves/wood", "--from", acme, "--to", TO)
    edit(acme / "shelves/wood.py", "3", "4")
    with pytest.raises(Refused, match="The collection acme is not to be found here"):
        say("update")
    assert [one["state"] for one in tell("status", "--from", acme)["files"]] == ["outdated"]
    assert "-PLANK = 4" in say("diff", "--newest", "--from", acme)
    assert tell("update", "--from", acme)["replaced"] == [f"{TO}/shelves/wood.py"]


def test_an_item_stays_of_its_own_collection(project: Path, acme: Path) -> None:
    """Two collections have an item of the same name; only one of them was copied."""
    write(acme, {"result.py": "MINE = 1\n"})
    shutil.copytree(acme.parent, project / "vendor")
    say("add", "shelves/wood", "result", "--from", "vendor/acme", "--to", TO)
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    write(project / "vendor/acme", {"result.py": "MINE = 2\n"})
    say("update")
    assert (project / TO / "result.py").read_text().endswith("MINE = 2\n")
    with pytest.raises(Refused, match="would be one file: copy them to two folders"):
        say("add", "gateway/port", "--to", TO)


# Random edits


def variants(side: str) -> st.SearchStrategy[str]:
    """Texts made from the shelf by changing, adding and deleting lines; new lines are their side's own."""
    lines = SHELF.splitlines()
    steps = st.tuples(st.sampled_from("idr"), st.integers(0, len(lines) - 1), st.integers(0, 99))

    def apply(edits: list[tuple[str, int, int]]) -> str:
        text = list(lines)
        for kind, at, number in edits:
            at = min(at, len(text) - 1)
            indent = text[at][: len(text[at]) - len(text[at].lstrip())]
            line = f"{indent}# {side} {number}" if number % 2 else f"{indent}{side}_{number} = {number}"
            if kind == "i":
                text.insert(at, line)
            elif kind == "r":
                text[at] = line
            elif len(text) > 1:
                del text[at]
        return "\n".join(text) + "\n"

    return st.lists(steps, max_size=6).map(apply)


def own_lines(text: str, side: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if f"{side}_" in line or f"# {side} " in line)


@settings(max_examples=60, deadline=None)
@given(variants("mine"), variants("theirs"))
def test_no_line_is_lost_without_a_mark(yours: str, newest: str) -> None:
    found = merged(yours, SHELF, newest, label="newest")
    assert own_lines(found.text, "mine") == own_lines(yours, "mine")
    assert own_lines(found.text, "theirs") == own_lines(newest, "theirs")
    marks = sum(line.startswith("<<<<<<< ") for line in found.text.splitlines())
    assert marks == found.conflicts
    kept = set(map(str.strip, yours.splitlines())) & set(map(str.strip, newest.splitlines()))
    assert kept <= set(map(str.strip, found.text.splitlines()))


@settings(max_examples=60, deadline=None)
@given(variants("theirs"))
def test_who_only_reformatted_gets_what_is_new_without_conflicts(newest: str) -> None:
    assume(_is_python(newest))
    yours = SHELF.replace('"""', "'''").replace("        return", "\n        return")
    assert yours != SHELF
    found = merged(yours, SHELF, newest, label="newest")
    assert found.conflicts == 0
    assert same_but_for_format(found.text, newest)


@settings(max_examples=20, deadline=None)
@given(variants("mine"))
def test_where_nothing_is_new_nothing_changes(text: str) -> None:
    assert merged(text, SHELF, SHELF, label="newest").text == text
    assert merged(text, SHELF, text, label="newest").text == text
