"""The rules on packages that nobody here wrote: what is reported of them today is what was judged."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra_ref.workbench.linting.project import Project
from infra_ref.workbench.linting.rules import ALL

JUDGED = json.loads(Path(__file__).with_name("judged.json").read_text(encoding="utf-8"))
PACKAGES = sorted({one["package"] for one in JUDGED["judged"]})
SAMPLED = {"IR010", "IR011", "IR012", "IR013"}
"""Rules with more reports than were judged: up to 30 of each, and 10 of IR013, which is off."""

pytestmark = [pytest.mark.deep, pytest.mark.timeout(600)]


def download(package: str, folder: Path) -> str:
    """Put the wheel of the pinned version into a folder; return what pip says if it could not."""
    pinned = f"{package}=={JUDGED['packages'][package]}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    any_python = ["--only-binary=:all:", "--python-version=3.13", "--ignore-requires-python"]
    wheel = [*any_python, "--dest", str(folder), pinned]
    done = subprocess.run([*pip, *wheel], capture_output=True, text=True, timeout=300)
    return done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    smallest = "fastddd"
    if said := download(smallest, tmp_path_factory.mktemp("registry")):
        pytest.skip(f"pip finds no package {smallest}, so there is no registry here: {said.splitlines()[-1]}")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.usefixtures("registry")
def test_what_is_reported_is_what_was_judged(package: str, tmp_path: Path) -> None:
    assert download(package, tmp_path) == ""
    (wheel,) = tmp_path.glob("*.whl")
    source = tmp_path / "source"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(source)
    found = Project(source, ALL).lint([source]).findings
    reported = {(one.code, one.path, one.line) for one in found}
    judged = {
        (one["code"], one["path"], one["line"]) for one in JUDGED["judged"] if one["package"] == package
    }
    assert judged - reported == set(), "no longer reported: take them out of judged.json"
    new = {one for one in reported - judged if one[0] not in SAMPLED}
    assert new == set(), "read them, and write into judged.json whether they are right"


def test_pip_that_finds_nothing_says_so(tmp_path: Path) -> None:
    nothing = "infra-ref-no-such-package"
    JUDGED["packages"][nothing] = "0"
    assert nothing in download(nothing, tmp_path)
