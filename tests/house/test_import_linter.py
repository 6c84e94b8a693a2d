"""Import-linter's contracts, as pyproject.toml has them, let a sound house be and break on a bad one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.steps import LINT_IMPORTS, ROOT

SOUND = {
    "__init__.py": "",
    "backoff.py": "",
    "clock.py": "import time",
    "contract/__init__.py": "from infra_ref import clock",
    "events.py": "",
    "failures.py": "",
    "result.py": "",
    "result_functions.py": "",
    "single_flight.py": "",
    "strict_timeout.py": "",
    "sample/__init__.py": "",
    "sample/user.py": "from infra_ref import result",
    "sample/adapters/__init__.py": "",
    "sample/adapters/tables.py": "import sqlalchemy\nfrom infra_ref.caching import redis_cache",
    "caching/__init__.py": "",
    "caching/port.py": "",
    "caching/redis_cache.py": "import redis\nimport infra_ref.caching.port, infra_ref.queue.port",
    "caching/contracts/__init__.py": "from infra_ref.caching.testing import peer",
    "caching/testing/__init__.py": "",
    "caching/testing/peer.py": "",
    "queue/__init__.py": "",
    "queue/port.py": "",
    "queue/memory_queue.py": "from infra_ref import clock",
    "workbench/__init__.py": "",
    "workbench/cli.py": "import typer\nfrom infra_ref.caching import redis_cache",
}


def lint(folder: Path, more: dict[str, str]) -> str:
    """Lint a house of two patterns with the project's own contracts; return what they say, or nothing."""
    for name, text in {**SOUND, **more}.items():
        path = folder / "infra_ref" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", folder)
    done = subprocess.run(
        LINT_IMPORTS, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_a_sound_house_is_let_be(tmp_path: Path) -> None:
    assert lint(tmp_path, {}) == ""


@pytest.mark.parametrize(
    ("file", "text", "broken"),
    [
        ("caching/redis_cache.py", "from infra_ref.workbench import cli", "Only the workbench"),
        ("result.py", "import infra_ref.workbench", "Only the workbench"),
        ("caching/port.py", "import redis", "know no technology"),
        ("clock.py", "def f():\n    import pydantic", "know no technology"),
        ("contract/__init__.py", "import pytest", "know no technology"),
        ("caching/redis_cache.py", "import infra_ref.queue.memory_queue", "knows the port"),
        ("caching/redis_cache.py", "from infra_ref.caching.testing import peer", "are for tests"),
        ("queue/port.py", "from infra_ref.caching import redis_cache", "knows the port"),
    ],
)
def test_a_bad_import_is_seen(file: str, text: str, broken: str, tmp_path: Path) -> None:
    said = lint(tmp_path, {file: text})
    assert any(broken in line and "BROKEN" in line for line in said.splitlines()), said
