"""Three-way: what the owner changed and what the collection changed, both kept."""

from __future__ import annotations

import ast
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra_ref.workbench.copying.formatting import formatted_like
from infra_ref.workbench.refused import Refused

MARK = "<<<<<<< "


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged text, and how many places in it are marked for the owner to decide."""

    text: str
    conflicts: int


def merged(yours: str, base: str, newest: str, *, label: str) -> Merged:
    """Merge the changes from `base` to `newest` into `yours`.

    Where both changed the same lines, both stand in the text between marks.
    Formatting is no change: what stands in `yours` in another form keeps it.
    Raises Refused if git, which merges, is not there.
    """
    if newest in (base, yours):
        return Merged(yours, 0)
    if yours == base:
        return Merged(newest, 0)
    plain = formatted_like(base, yours), formatted_like(newest, yours)
    found = _merge_file(yours, *plain, label)
    if found.conflicts == 0 and not _is_python(found.text) and _is_python(yours):
        # New lines in one form do not always fit among old ones in another.
        return _merge_file(yours, base, newest, label)
    return found


def _merge_file(yours: str, base: str, newest: str, label: str) -> Merged:
    with tempfile.TemporaryDirectory() as folder:
        names = ("yours", "base", "newest")
        for name, text in zip(names, (yours, base, newest), strict=True):
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
        command = ["git", "merge-file", "-p", "-L", "yours", "-L", "base", "-L", label, *names]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=plain | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise Refused(
                "git is not installed, and it merges your edits with the new version: install git."
            ) from error
    if not 0 <= done.returncode <= 127:
        raise Refused(f"git could not merge: {done.stderr.decode(errors='replace').strip()}")
    return Merged(done.stdout.decode(), done.returncode)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
