"""The sessions in the how-to are what the commands say, line by line. `RECORD=1 pytest ...` records anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra_ref.workbench.copying.collection import own
from tests.copying.bench import write

ROOT = own().tree.folder.parent
PAGE = ROOT / "site-src/pages/how-to/copy.md"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
SETTINGS = re.compile(r"(?<=```toml title=\"pyproject.toml\"\n).*?(?=```)", re.DOTALL)
OLD, NEW = "Redis 7.0 or newer.", "Redis 7.0 or newer: older ones refuse it."
"""What the newer version of the session says in another way."""
UPGRADE = """\
#!/bin/sh
test "$*" = "tool upgrade infra-ref" && sed -i 's#^PYTHONPATH=.*#PYTHONPATH={newer}#' {command}
"""


def played(session: str, project: Path) -> Iterator[str]:
    """Run the commands of a session one after the other, and yield them with what they print."""
    bin_folder = project.parent / "bin"
    command = bin_folder / "infra-ref"
    run = f'exec "{sys.executable}" -m'
    shims = {"infra-ref": f'PYTHONPATH={ROOT}\nexport PYTHONPATH\n{run} infra_ref.workbench.cli "$@"\n'}
    shims |= {name: f'{run} {name} "$@"\n' for name in ("mypy", "pytest", "ruff")}
    write(bin_folder, {name: f"#!/bin/sh\n{text}" for name, text in shims.items()})
    write(bin_folder, {"uv": UPGRADE.format(newer=project.parent / "newer", command=command)})
    for shim in bin_folder.iterdir():
        shim.chmod(0o755)
    names = {
        f"GIT_{who}_{what}": "ann@shop.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environ |= {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **names,
    }
    for line in session.splitlines():
        if line.startswith("$ "):
            done = subprocess.run(
                line[2:], shell=True, cwd=project, env=environ, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            yield f"{line}\n{done.stdout}"


def plays(number: int, project: Path) -> None:
    """Play a session of the page, and compare or record it."""
    page = PAGE.read_text(encoding="utf-8")
    session = BLOCK.findall(page)[number]
    now = "".join(played(session, project))
    if os.environ.get("RECORD"):
        PAGE.write_text(page.replace(session, now), encoding="utf-8")
    else:
        assert told(session) == told(now), f"record it anew: RECORD=1 python -m pytest {Path(__file__).name}"


def test_the_session_in_the_how_to_is_what_happens(project: Path) -> None:
    plays(0, project)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_the_session_of_a_team_is_what_happens(project: Path, tmp_path: Path) -> None:
    (settings,) = SETTINGS.findall(PAGE.read_text(encoding="utf-8"))
    write(project, {"pyproject.toml": settings, ".gitignore": "__pycache__/\n.mypy_cache/\n"})
    for name in ("infra_ref", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "newer" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "newer")
    for file, old, new in (("__init__", own().version, "99.0"), ("caching/redis_cache", OLD, NEW)):
        path = tmp_path / "newer/infra_ref" / f"{file}.py"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    plays(1, project)


def told(session: str) -> list[str]:
    """Return the lines of a session that are its own: which files an item brings changes often."""
    lines: list[str] = []
    in_diff = False
    for line in session.splitlines():
        in_diff = line == "$ infra-ref diff" or (in_diff and line[:1] != "$")
        of_an_item = re.match(r"  (removed|written)  |\d+ files there|\d+ edited", line)
        if not of_an_item and (not in_diff or line[:1] in "$+-"):
            lines.append(line if line[:1] == "$" else re.sub(r"\d+(\.\d+)?", "N", line))
    return lines
