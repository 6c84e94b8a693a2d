from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from infra_ref.workbench import workspace as module
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.workspace import OWN, Refreshed, Workspace, workspace_folder
from tests.workbench.conftest import notebook, write

START, CACHING, DATA = "00_start_here.ipynb", "05_caching.ipynb", "data/orders.csv"


@pytest.fixture
def mine(tmp_path: Path, shipped: Path) -> Workspace:
    made = Workspace(tmp_path / "workspace", shipped)
    made.refresh()
    return made


def edit(path: Path) -> None:
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = "my own answer"
    path.write_text(json.dumps(content))


def run_in_jupyter(path: Path) -> None:
    """Change all that running and saving changes, and the form of the sources, but no cell."""
    content = json.loads(path.read_text())
    content["metadata"]["language_info"] = {"name": "python", "version": "3.99"}
    content["metadata"]["widgets"] = {"state": {}}
    for cell in content["cells"]:
        cell["execution_count"] = 7
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["42\n"]}]
        cell["metadata"] = {"scrolled": True}
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(content, indent=4))


def test_what_holds_no_outputs_is_copied_byte_for_byte_and_nothing_hidden(
    tmp_path: Path, shipped: Path
) -> None:
    mine = Workspace(tmp_path / "workspace", shipped)
    assert mine.refresh() == Refreshed(copied=[START, CACHING, DATA])
    for name in (START, CACHING, DATA):
        assert (mine.folder / name).read_bytes() == (shipped / name).read_bytes()
    assert not (mine.folder / ".hidden").exists()


def run(*sources: str, **metadata: Any) -> dict[str, Any]:
    """Return a notebook as it is shipped: run, with its outputs."""
    content = notebook(*sources, **metadata)
    answer = {"output_type": "stream", "name": "stdout", "text": ["the answer: 42 €\n"]}
    for number, cell in enumerate(content["cells"], start=1):
        cell |= {"execution_count": number, "outputs": [answer], "metadata": {"jupyter": {"a": 1}, "é": []}}
    text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": "Predict é.\nThen run."}
    content["cells"].insert(0, text)
    return content


def test_a_copy_holds_no_answers_and_all_else_as_shipped(tmp_path: Path, shipped: Path) -> None:
    shipping = run("guess", "guess.reveal(42)", widgets={"state": {}})
    write(shipped / CACHING, shipping)
    mine = Workspace(tmp_path / "workspace", shipped)
    mine.refresh()
    copy = json.loads((mine.folder / CACHING).read_bytes())
    assert "answer" not in json.dumps(copy)
    assert [cell["outputs"] for cell in copy["cells"][1:]] == [[], []]
    assert [cell["execution_count"] for cell in copy["cells"][1:]] == [None, None]
    for cell in shipping["cells"][1:]:
        cell |= {"outputs": [], "execution_count": None}
    assert copy == shipping
    assert json.dumps(copy["cells"][0]) == json.dumps(shipping["cells"][0]), "in the same order"
    assert "Predict é." in (mine.folder / CACHING).read_text(encoding="utf-8"), "and readable in a diff"


def test_an_update_and_a_reset_hold_no_answers_either(mine: Workspace) -> None:
    write(mine.shipped / CACHING, run("a newer one"))
    assert mine.refresh() == Refreshed(updated=[CACHING])
    updated = (mine.folder / CACHING).read_bytes()
    assert b"42" not in updated
    assert mine.refresh() == Refreshed()
    edit(mine.folder / CACHING)
    assert mine.reset(CACHING) is not None
    assert (mine.folder / CACHING).read_bytes() == updated
    assert mine.reset(CACHING) is None, "nothing to keep"


def test_shipped_outputs_alone_are_no_news(mine: Workspace) -> None:
    shipping = run("6 * 7")
    write(mine.shipped / CACHING, shipping)
    mine.refresh()
    run_in_jupyter(mine.folder / CACHING)
    ran = (mine.folder / CACHING).read_bytes()
    shipping["cells"][1]["outputs"][0]["text"] = ["the answer: 43\n"]
    write(mine.shipped / CACHING, shipping)
    assert mine.refresh() == Refreshed()
    assert (mine.folder / CACHING).read_bytes() == ran


@pytest.fixture
def older(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of the time when the outputs were copied as well."""
    write(shipped / CACHING, run("6 * 7"))
    made = Workspace(tmp_path / "older", shipped)
    with monkeypatch.context() as patch:
        patch.setattr(module, "unspoiled", lambda data, name: data)
        made.refresh()
    assert (made.folder / CACHING).read_bytes() == (shipped / CACHING).read_bytes()
    return made


def test_an_older_workspace_is_not_edited_and_loses_the_answers_once(older: Workspace) -> None:
    assert older.refresh() == Refreshed(updated=[CACHING])
    assert b"42" not in (older.folder / CACHING).read_bytes()
    assert older.refresh() == Refreshed()


def test_in_an_older_workspace_an_edit_is_kept_with_its_outputs(older: Workspace) -> None:
    edit(older.folder / CACHING)
    edited = (older.folder / CACHING).read_bytes()
    assert older.refresh() == Refreshed(), "the same is shipped as before: nothing to tell"
    write(older.shipped / CACHING, run("a newer one"))
    assert older.refresh() == Refreshed(kept=[CACHING])
    assert (older.folder / CACHING).read_bytes() == edited


def test_a_reset_in_an_older_workspace_keeps_no_copy_of_the_shipped_one(older: Workspace) -> None:
    assert older.reset(CACHING) is None
    assert b"42" not in (older.folder / CACHING).read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"{ half",
        b"",
        b"[]",
        b"3",
        b"\xff\xfe\x00",
        b'{"cells": 3}',
        b'{"cells": ["outputs"]}',
        b'{"worksheets": []}',
    ],
)
def test_what_is_no_readable_notebook_is_copied_as_it_is(mine: Workspace, data: bytes) -> None:
    (mine.shipped / "06_broken.ipynb").write_bytes(data)
    assert mine.refresh() == Refreshed(copied=["06_broken.ipynb"])
    assert (mine.folder / "06_broken.ipynb").read_bytes() == data
    assert mine.reset("06_broken.ipynb") is None


def test_a_cell_that_lacks_its_outputs_hides_no_others(mine: Workspace) -> None:
    content = run("1", "2")
    del content["cells"][1]["outputs"], content["cells"][1]["execution_count"]
    write(mine.shipped / CACHING, content)
    mine.refresh()
    assert b"42" not in (mine.folder / CACHING).read_bytes()


def test_a_second_time_changes_nothing(mine: Workspace) -> None:
    before = {path: path.stat().st_mtime_ns for path in mine.folder.rglob("*")}
    assert mine.refresh() == Refreshed()
    assert {path: path.stat().st_mtime_ns for path in mine.folder.rglob("*")} == before


def test_an_unedited_copy_is_updated(mine: Workspace) -> None:
    write(mine.shipped / CACHING, notebook("a newer one"))
    assert mine.refresh() == Refreshed(updated=[CACHING])
    assert (mine.folder / CACHING).read_bytes() == (mine.shipped / CACHING).read_bytes()


def test_having_run_it_is_no_edit(mine: Workspace) -> None:
    run_in_jupyter(mine.folder / CACHING)
    ran = (mine.folder / CACHING).read_bytes()
    assert mine.refresh() == Refreshed()
    assert (mine.folder / CACHING).read_bytes() == ran, "the outputs are the learner's until there is news"
    write(mine.shipped / CACHING, notebook("a newer one"))
    assert mine.refresh() == Refreshed(updated=[CACHING])


def test_shipped_metadata_alone_reaches_an_unedited_copy(mine: Workspace) -> None:
    write(mine.shipped / CACHING, notebook("import infra_ref", "infra_ref.__name__", title="Caching"))
    assert mine.refresh() == Refreshed(updated=[CACHING])


def test_an_edited_copy_is_kept_and_told_while_a_newer_one_is_shipped(mine: Workspace) -> None:
    edit(mine.folder / CACHING)
    edited = (mine.folder / CACHING).read_bytes()
    assert mine.refresh() == Refreshed(), "nothing newer: nothing to tell"
    write(mine.shipped / CACHING, notebook("a newer one"))
    for _ in range(2):
        assert mine.refresh() == Refreshed(kept=[CACHING])
        assert (mine.folder / CACHING).read_bytes() == edited


def test_an_edit_that_was_taken_back_is_none(mine: Workspace) -> None:
    original = (mine.folder / CACHING).read_bytes()
    edit(mine.folder / CACHING)
    mine.refresh()
    (mine.folder / CACHING).write_bytes(original)
    write(mine.shipped / CACHING, notebook("a newer one"))
    assert mine.refresh() == Refreshed(updated=[CACHING])


def test_a_copy_that_is_no_notebook_any_more_counts_as_edited(mine: Workspace) -> None:
    (mine.folder / CACHING).write_text("{ half")
    write(mine.shipped / CACHING, notebook("a newer one"))
    assert mine.refresh() == Refreshed(kept=[CACHING])


def test_other_files_are_compared_whole(mine: Workspace) -> None:
    (mine.folder / DATA).write_text("id\n2\n")
    (mine.shipped / DATA).write_text("id\n3\n")
    assert mine.refresh() == Refreshed(kept=[DATA])


def test_a_deleted_copy_comes_back(mine: Workspace) -> None:
    (mine.folder / CACHING).unlink()
    assert mine.refresh() == Refreshed(copied=[CACHING])


def test_what_is_no_longer_shipped_and_what_the_learner_made_stay(mine: Workspace) -> None:
    write(mine.folder / "my_own.ipynb", notebook("mine"))
    (mine.shipped / CACHING).unlink()
    assert mine.refresh() == Refreshed()
    assert (mine.folder / "my_own.ipynb").exists()
    assert (mine.folder / CACHING).exists()


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b'{"copied": {"05_caching.ipynb": 3}}', b"\xff\xfe"])
def test_without_its_record_no_edit_is_lost(mine: Workspace, record: bytes) -> None:
    edit(mine.folder / CACHING)
    (mine.folder / OWN / "copied.json").write_bytes(record)
    assert mine.refresh() == Refreshed(kept=[CACHING])
    write(mine.shipped / START, notebook("newer"))
    assert mine.refresh().updated == [START], "what was as shipped is remembered again"


class FullDisk:
    """Takes ten bytes of a file, then there is no room."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    real = Path.open

    def opened(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        file = real(path, mode, *args, **more)
        return FullDisk(file) if mode in ("wb", "xb") else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        yield patch


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_full_disk_leaves_every_file_whole_and_the_next_time_goes_on(
    mine: Workspace, full_disk: pytest.MonkeyPatch
) -> None:
    (mine.shipped / CACHING).write_text(json.dumps(notebook("a newer one")))
    before = files(mine.folder)
    with pytest.raises(
        Refused, match=r"The disk is full, so .*05_caching.ipynb was not written: free some space"
    ):
        mine.refresh()
    assert files(mine.folder) == before
    full_disk.undo()
    assert mine.refresh() == Refreshed(updated=[CACHING])


def test_a_reset_on_a_full_disk_keeps_the_old_one(mine: Workspace, full_disk: pytest.MonkeyPatch) -> None:
    for edited in (False, True):
        if edited:
            edit(mine.folder / CACHING)
        before = files(mine.folder)
        with pytest.raises(Refused, match="The disk is full"):
            mine.reset(CACHING)
        assert files(mine.folder) == before


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path, shipped: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="is a file: give a folder"):
        Workspace(tmp_path / "file", shipped).refresh()
    with pytest.raises(Refused, match=r"cannot be written .* --workspace DIR"):
        Workspace(tmp_path / "file" / "below", shipped).refresh()


def test_reset_puts_the_shipped_one_back_and_keeps_every_old_one(mine: Workspace) -> None:
    backups = []
    for _ in range(3):
        edit(mine.folder / CACHING)
        edited = (mine.folder / CACHING).read_bytes()
        backup = mine.reset(CACHING)
        assert backup is not None
        assert backup.read_bytes() == edited
        assert (mine.folder / CACHING).read_bytes() == (mine.shipped / CACHING).read_bytes()
        backups.append(backup)
    assert len(set(backups)) == 3
    assert backups[1].name.endswith("-2.ipynb")
    assert mine.reset(CACHING) is None, "nothing to keep"


def test_after_a_reset_updates_flow_again(mine: Workspace) -> None:
    edit(mine.folder / CACHING)
    mine.reset(CACHING)
    write(mine.shipped / CACHING, notebook("a newer one"))
    assert mine.refresh() == Refreshed(updated=[CACHING])


def test_where_the_workspace_is(
    mine: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "clone", lambda: None)
    assert workspace_folder(Path("there")) == tmp_path / "there"
    assert workspace_folder() == tmp_path / "infra-ref-workspace"
    monkeypatch.setattr(module, "clone", lambda: tmp_path / "cloned")
    assert workspace_folder() == tmp_path / "cloned" / "workspace"
    monkeypatch.chdir(mine.folder / "data")
    assert workspace_folder() == mine.folder
