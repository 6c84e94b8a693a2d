"""An empty project, and a collection in a plain folder, both thrown away afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.copying.bench import ACME, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project in the current folder."""
    folder = write(tmp_path / "project", {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'})
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A collection in a plain folder."""
    return write(tmp_path / "vendor", ACME) / "acme"
