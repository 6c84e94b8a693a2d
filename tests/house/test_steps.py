"""The steps stop at a failure, name themselves, and let nothing skip in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import steps
from tests.house.steps import Step, run

ROOT = Path(__file__).resolve().parents[2]


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_the_steps_stop_at_the_first_failure(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    never = tmp_path / "never"
    broken = [Step("one", python("")), Step("two", python("exit(3)")), Step("three", ("touch", str(never)))]
    assert run(broken, root=tmp_path) == 3
    said = capfd.readouterr().out
    assert "one took" in said
    assert "two failed after" in said
    assert not never.exists()


def test_a_step_without_a_subject_is_passed_over(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([Step("site", python("exit(1)"), subject="mkdocs.yml")], root=tmp_path) == 0
    assert "mkdocs.yml does not stand yet" in capfd.readouterr().out


def test_nothing_collected_is_a_failure_unless_that_is_fine(tmp_path: Path) -> None:
    assert run([Step("tests", python("exit(5)"))], root=tmp_path) == 5
    assert run([Step("tests", python("exit(5)"), empty_is_fine=True)], root=tmp_path) == 0


def test_every_target_of_make_has_its_steps() -> None:
    said = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in steps.LISTS:
        assert f"tests/house/steps.py {name} " in said


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_says_in_one_line_that_python_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "env", "PYTHON=no-such-python", f"VENV={tmp_path / 'env'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode != 0
    (said,) = done.stdout.splitlines()
    assert "needs Python 3.11 or newer" in said
    assert "no-such-python" in said


SKIPS = """
import pytest
def test_server(): pytest.skip("set INFRA_REF_TEST_REDIS_URL")
def test_package(): pytest.importorskip("no_such_package_at_all")
def test_capability(): pytest.skip("keeps no events: there is one process")
"""


@pytest.mark.parametrize(("ci", "outcome"), [("1", "2 failed, 1 skipped"), ("", "3 skipped")])
def test_nothing_skips_in_ci_for_want_of_a_service(ci: str, outcome: str, tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SKIPS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.house.no_skips", "-p", "no:nbval", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"INFRA_REF_CI": ci, "PYTHONPATH": str(ROOT)},
    )
    assert outcome in done.stdout
