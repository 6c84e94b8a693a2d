"""The teaching tools stand on the standard library alone, and nobody pays for them who does not ask."""

from __future__ import annotations

import subprocess
import sys

import pytest

import infra_ref.workbench
from tests.workbench.conftest import environment

NAMES = ("Check", "Exercise", "Faults", "Recorder", "VirtualClock", "Wrong", "exercise", "predict")


def python(code: str) -> str:
    """Run code where nothing is installed: -S leaves site-packages out."""
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_they_need_nothing_that_is_installed() -> None:
    assert (
        python(f"from infra_ref.workbench import {', '.join(NAMES)}; print(predict.__name__)") == "predict\n"
    )
    assert python("from infra_ref.workbench import exercise; exercise('caching/own-copy'); print(1)") == "1\n"


def test_they_are_imported_when_they_are_asked_for() -> None:
    loaded = "print([name for name in sys.modules if name.startswith('infra_ref.workbench.')])"
    assert python(f"import sys, infra_ref.workbench; {loaded}") == "[]\n"


def test_what_there_is_can_be_listed_and_what_there_is_not_is_an_error() -> None:
    assert set(NAMES) <= set(dir(infra_ref.workbench))
    with pytest.raises(AttributeError, match="no attribute 'predicts'"):
        _ = infra_ref.workbench.predicts  # type: ignore[attr-defined]
