from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workbench.conftest import notebook, write


@pytest.mark.parametrize("name", ["5", "05", "caching", "Caching", "05_caching", "05_caching.ipynb"])
def test_a_notebook_is_named_as_one_likes(command: Any, shipped: Path, tmp_path: Path, name: str) -> None:
    write(tmp_path / "w" / "05_caching.ipynb", notebook("mine"))
    done = command("reset", name, "--workspace", tmp_path / "w", "--notebooks", shipped)
    assert (done.returncode, done.stderr) == (0, "")
    backups = list((tmp_path / "w").glob("05_caching.mine-*.ipynb"))
    assert len(backups) == 1
    assert backups[0].name in done.stdout
    assert "mine" in backups[0].read_text()


def test_what_comes_back_was_not_run(command: Any, shipped: Path, tmp_path: Path) -> None:
    content = notebook("6 * 7")
    answer = {"output_type": "execute_result", "data": {"text/plain": ["42"]}, "metadata": {}}
    content["cells"][0] |= {"execution_count": 1, "outputs": [answer | {"execution_count": 1}]}
    write(shipped / "05_caching.ipynb", content)
    done = command("reset", "caching", "--workspace", tmp_path / "w", "--notebooks", shipped)
    assert done.stdout.startswith("05_caching.ipynb is as shipped, and not run yet.")
    content["cells"][0] |= {"execution_count": None, "outputs": []}
    assert json.loads((tmp_path / "w" / "05_caching.ipynb").read_bytes()) == content


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cachign", "There is no notebook cachign: give one of 05_caching.ipynb."),
        ("zzz", "There is no notebook zzz: give one of 00_start_here.ipynb, 05_caching.ipynb."),
    ],
)
def test_a_near_miss_is_told(command: Any, shipped: Path, tmp_path: Path, name: str, says: str) -> None:
    refused = command("reset", name, "--workspace", tmp_path / "w", "--notebooks", shipped)
    assert (refused.returncode, refused.stderr) == (2, f"infra-ref: {says}\n")
    assert not (tmp_path / "w").exists()
