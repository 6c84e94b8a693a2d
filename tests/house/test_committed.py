"""What is committed was written here: nothing that a tool fetched or made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def ignored_but_committed(root: Path) -> list[str]:
    """Return the files in the index that the ignore rules say are made or fetched."""
    command = "git ls-files --cached --ignored --exclude-per-directory=.gitignore"
    return subprocess.run(
        command.split(), cwd=root, capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout: needs a clone")
def test_nothing_ignored_is_committed() -> None:
    assert ignored_but_committed(ROOT) == []


def test_the_guard_complains(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("node_modules\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "fetched.js").touch()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=60)
    subprocess.run(["git", "-C", str(tmp_path), "add", "--force", "."], check=True, timeout=60)
    assert ignored_but_committed(tmp_path) == ["node_modules/fetched.js"]
