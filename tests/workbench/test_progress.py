"""Progress: kept in the workspace and nowhere else, whole or not at all, told and forgotten on request."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from infra_ref.workbench.teaching import progress
from infra_ref.workbench.teaching.progress import Kept, ProgressUnreadable, asked_in, progress_file
from tests.workbench.conftest import COMMAND, environment

Ran = CompletedProcess[str]

CELLS = [
    "from infra_ref.workbench import predict, exercise",
    'one = predict("caching/one", "How many?", options=[1, 2])',
    'two = predict("caching/two", "How many?", unit="s")',
    'ex = exercise("caching/three")',
    "this is ( no Python",
    "%magic\nawait x",
]


def workspace(folder: Path) -> Path:
    (folder / ".infra-ref").mkdir(parents=True)
    (folder / ".infra-ref" / "copied.json").write_text("{}")
    cells = [{"cell_type": "code", "source": source} for source in CELLS]
    (folder / "05_caching.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "00_plain.ipynb").write_text(json.dumps({"cells": cells[:1]}))
    (folder / "broken.ipynb").write_text("{")
    return folder


def test_where_it_is_kept(tmp_path: Path) -> None:
    inside = workspace(tmp_path / "mine") / "deeper"
    inside.mkdir()
    own = tmp_path / "mine" / ".infra-ref" / "progress.json"
    assert progress_file({}, inside) == own
    assert progress_file({"INFRA_REF_PROGRESS": str(tmp_path / "x.json")}, inside) == tmp_path / "x.json"
    assert progress_file({}, tmp_path) is None
    for name in ("PYTEST_VERSION", "CI", "INFRA_REF_CI"):
        assert progress_file({name: "1", "INFRA_REF_PROGRESS": str(own)}, inside) is None


def test_nothing_is_kept_while_a_machine_runs_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace(tmp_path))
    progress.note_prediction("caching/one", "right")
    assert not (tmp_path / ".infra-ref" / "progress.json").exists()


def kept(file: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file.read_text())
    assert data.pop("version") == 1
    return data


def test_what_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "new" / "progress.json"
    progress.note_prediction("a", "not answered", file=file)
    assert not file.exists()
    progress.note_prediction("a", "wrong", "10", file=file)
    progress.note_prediction("a", "right", "1", file=file)
    progress.note_prediction("a", "not answered", file=file)
    progress.note_exercise("b", "not attempted", 0, file=file)
    progress.note_exercise("b", "wrong", 1, file=file)
    progress.note_exercise("b", "solved", 2, file=file)
    progress.note_exercise("b", "wrong", 3, file=file)
    assert kept(file) == {
        "predictions": {
            "a": {
                "outcome": "right",
                "answer": "1",
                "tries": 2,
                "first": {"outcome": "wrong", "answer": "10"},
            }
        },
        "exercises": {
            "b": {"outcome": "solved", "hints": 2, "tries": 3, "first": {"outcome": "wrong", "hints": 1}}
        },
    }
    assert [one.name for one in file.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 2}', '{"version": 1, "predictions": 3}'])
def test_a_damaged_file_is_not_overwritten_and_ends_no_lesson(tmp_path: Path, content: str) -> None:
    file = tmp_path / "progress.json"
    file.write_text(content)
    with pytest.raises(ProgressUnreadable, match="repair it, or delete it"):
        Kept.read(file)
    with pytest.warns(UserWarning, match="progress was not kept"):
        progress.note_prediction("a", "right", file=file)
    assert file.read_text() == content


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "progress.json"
    progress.note_prediction("a", "right", file=file)
    before = file.read_text()

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.warns(UserWarning, match="No space left"):
        progress.note_prediction("b", "right", file=file)
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_what_cells_ask_for() -> None:
    assert [one for source in CELLS for one in asked_in(source)] == [
        ("predictions", "caching/one"),
        ("predictions", "caching/two"),
        ("exercises", "caching/three"),
    ]


def test_the_command_tells_and_forgets(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    folder = workspace(tmp_path / "mine")
    file = folder / ".infra-ref" / "progress.json"
    progress.note_prediction("caching/two", "wrong", file=file)
    for _ in range(2):
        progress.note_prediction("caching/one", "right", file=file)
    progress.note_prediction("caching/two", "right", file=file)
    progress.note_exercise("caching/three", "wrong", 1, file=file)
    progress.note_prediction("elsewhere", "right", "x", file=file)
    told = infra_ref_in("progress", cwd=folder)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == (
        "05_caching\n"
        "  predicted  2 of 2, 2 right (1 at first)\n"
        "  solved     0 of 1, 1 tried, with 1 hint\n"
        "  left       caching/three\n"
    )
    assert infra_ref_in("progress", "--reset", "nothing", cwd=folder).returncode == 2
    assert infra_ref_in("progress", "--reset", "5", cwd=folder).stdout == "Forgotten: 3 answers.\n"
    assert list(kept(file)["predictions"]) == ["elsewhere"]
    assert kept(file)["exercises"] == {}
    progress.note_prediction("caching/one", "right", file=file)
    assert infra_ref_in("progress", "--reset", "all", cwd=folder).stdout == "Forgotten: 1 answer.\n"


def test_the_command_refuses_what_it_cannot_read(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    folder = workspace(tmp_path / "mine")
    (folder / ".infra-ref" / "progress.json").write_text("{")
    told = infra_ref_in("progress", cwd=folder)
    assert told.returncode == 2
    assert "repair it, or delete it" in told.stderr
    (folder / "05_caching.ipynb").unlink()
    (folder / ".infra-ref" / "progress.json").unlink()
    assert "asks for anything" in infra_ref_in("progress", cwd=folder).stderr


def test_a_reader_that_ends_early_breaks_nothing(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "mine")
    told = subprocess.run(
        f"{shlex.join(COMMAND)} progress | true",
        shell=True,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert told.stderr == ""
