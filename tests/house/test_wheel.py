"""The wheel is whole: the package, the notebooks, the command, and nothing of the tests.

Built as a publisher builds it, the sdist first and the wheel from that, with
no network.
"""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import infra_ref

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CARRIED = "infra_ref/workbench/notebooks/"
TESTS = "infra_ref/workbench/tests/"
METADATA = f"infra_ref-{infra_ref.__version__}.dist-info/METADATA"


def complaints(names: set[str], root: Path) -> list[str]:
    """Return what is missing in a wheel of these names, and what should not be there."""
    sources = {path.relative_to(root).as_posix() for path in (root / "infra_ref").rglob("*.py")}
    notebooks = [path for path in (root / "notebooks").rglob("*.ipynb") if "checkpoint" not in path.name]
    wanted = (
        sources
        | {"infra_ref/py.typed"}
        | {CARRIED + p.relative_to(root / "notebooks").as_posix() for p in notebooks}
    )
    wanted |= {TESTS + path.relative_to(root / "tests").as_posix() for path in carried_tests(root)}
    said = [f"{name} is missing" for name in sorted(wanted - names)]
    strangers = {name for name in names if not name.startswith(("infra_ref/", "infra_ref-"))}
    strangers |= {name for name in names if "__pycache__" in name or "checkpoint" in name}
    strangers |= {
        name for name in names if ("/test_" in name or name.startswith(TESTS)) and name not in wanted
    }
    return said + [f"{name} does not belong there" for name in sorted(strangers)]


def carried_tests(root: Path) -> list[Path]:
    """Return the contract tests of the adapters, which `infra-ref add` brings along."""
    patterns = [path.parent.name for path in (root / "infra_ref").glob("*/port.py")]
    return [path for one in patterns for path in (root / "tests" / one).glob("test_*_contract.py")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    offline = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | offline)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_holds_what_it_should(wheel: Path) -> None:
    assert complaints(set(zipfile.ZipFile(wheel).namelist()), ROOT) == []


def test_the_notebooks_are_carried_byte_for_byte(wheel: Path) -> None:
    opened = zipfile.ZipFile(wheel)
    for name in opened.namelist():
        if name.startswith(CARRIED):
            assert opened.read(name) == (ROOT / "notebooks" / name.removeprefix(CARRIED)).read_bytes()


def test_the_wheel_asks_for_no_technology_unless_an_extra_is_named(wheel: Path) -> None:
    opened = zipfile.ZipFile(wheel)
    (info,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
    said = email.message_from_bytes(opened.read(info))
    plain = {line.split(">")[0] for line in said.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert plain == {"packaging", "rich", "tomlkit", "typer"}
    assert set(said.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert said["License-Expression"] == "MIT"


def test_the_command_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    (points,) = tmp_path.glob("*.dist-info/entry_points.txt")
    assert "infra-ref = infra_ref.workbench.cli:main" in points.read_text()
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop()); sys.argv[0] = 'infra-ref'\n"
        "import infra_ref; print(infra_ref.__file__)\n"
        "from infra_ref.workbench.cli import main; sys.argv.append('--help'); main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout.splitlines()[0]
    assert "check" in done.stdout


def test_an_adapter_is_copied_from_the_wheel_with_its_test(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "wheel")
    project = tmp_path / "project"
    project.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "infra_ref.workbench.cli",
            "add",
            "caching/memory_cache",
            "--to",
            "shop/infra",
        ],
        capture_output=True,
        text=True,
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "wheel")},
    )
    assert done.returncode == 0, done.stderr
    assert "class MemoryCache" in (project / "shop/infra/caching/memory_cache.py").read_text()
    assert (
        "class TestMemoryCache" in (project / "tests/infra/caching/test_memory_cache_contract.py").read_text()
    )


def test_the_guard_sees_what_is_missing_and_what_is_strange(tmp_path: Path) -> None:
    files = ("infra_ref/__init__.py", "infra_ref/caching/port.py", "notebooks/05_caching.ipynb")
    for name in (*files, "tests/caching/test_memory_cache_contract.py", "tests/caching/test_port.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    whole = {
        "infra_ref/__init__.py",
        "infra_ref/caching/port.py",
        "infra_ref/py.typed",
        CARRIED + "05_caching.ipynb",
        TESTS + "caching/test_memory_cache_contract.py",
        METADATA,
    }
    assert complaints(whole, tmp_path) == []
    for name in whole - {METADATA}:
        assert complaints(whole - {name}, tmp_path) == [f"{name} is missing"]
    strange = ("tests/caching/test_port.py", "notebooks/05_caching.ipynb", "infra_ref/__pycache__/a.pyc")
    for name in (*strange, TESTS + "caching/test_port.py", TESTS + "conftest.py"):
        assert complaints(whole | {name}, tmp_path) == [f"{name} does not belong there"]
