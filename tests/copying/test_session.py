"""The session in the how-to is what the command says, line by line. `RECORD=1 pytest ...` records it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra_ref.workbench.copying.collection import own

ROOT = own().tree.folder.parent
PAGE = ROOT / "site-src/pages/how-to/copy.md"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def played(session: str, project: Path) -> Iterator[str]:
    """Run the commands of a session one after the other, and yield them with what they print."""
    bin_folder = project.parent / "bin"
    bin_folder.mkdir(exist_ok=True)
    command = bin_folder / "infra-ref"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infra_ref.workbench.cli "$@"\n')
    command.chmod(0o755)
    environ = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    for line in session.splitlines():
        if line.startswith("$ "):
            done = subprocess.run(
                line[2:], shell=True, cwd=project, env=environ, capture_output=True, text=True, check=True
            )
            yield f"{line}\n{done.stdout}"


def test_the_session_in_the_how_to_is_what_happens(project: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (session,) = BLOCK.findall(page)
    now = "".join(played(session, project))
    if os.environ.get("RECORD"):
        PAGE.write_text(BLOCK.sub(lambda _: now, page), encoding="utf-8")
    else:
        assert told(session) == told(now), f"record it anew: RECORD=1 python -m pytest {Path(__file__).name}"


def told(session: str) -> list[str]:
    """Return the lines of a session that are its own: which files an item brings changes often."""
    lines: list[str] = []
    in_diff = False
    for line in session.splitlines():
        in_diff = line == "$ infra-ref diff" or (in_diff and line[:1] != "$")
        of_an_item = re.match(r"  (removed|written)  |\d+ files there|\d+ edited", line)
        if not of_an_item and (not in_diff or line[:1] in "$+-"):
            lines.append(line)
    return lines
