"""The lock installs anywhere: every version with its hashes, no host, and all that the project names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==\S+(?: ; [^\\\n]+)? \\\n(?P<hashes>(?: +--hash=sha256:\w+(?: \\)?\n)+)", re.M
)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def complaints(lock: str, project: dict[str, Any]) -> Iterator[str]:
    """Yield what keeps the lock from installing somewhere else."""
    if host := re.search(r"\S*(?://|--index|--find-links|@ )\S*", lock):
        yield f"names a place: {host[0]}"
    if rest := PIN.sub("", lock).strip():
        yield f"not a version with hashes: {rest.splitlines()[0]}"
    yield from (f"does not hold {name}; run make lock" for name in sorted(named(project) - pinned(lock)))


def pinned(lock: str) -> set[str]:
    return {found["name"] for found in PIN.finditer(lock)}


def named(project: dict[str, Any]) -> set[str]:
    """Return every distribution that the project names, its own extras aside."""
    tables = [*project["project"].get("optional-dependencies", {}).values()]
    tables += project.get("dependency-groups", {}).values()
    lines = [*project["project"].get("dependencies", []), *(line for table in tables for line in table)]
    names = {NAME.match(line)[0] for line in [*lines, *project["build-system"]["requires"]]}  # type: ignore[index]
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names} - {"infra-ref"}


def test_the_lock_installs_anywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert list(complaints((ROOT / "requirements.lock").read_text(encoding="utf-8"), project)) == []


SOUND = "rich==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        (SOUND, []),
        (SOUND + "typer==1.0\n", ["not a version with hashes: typer==1.0"]),
        (SOUND.replace("rich", "typer"), ["does not hold rich; run make lock"]),
        ("--index-url https://example.com\n" + SOUND, ["names a place", "not a version"]),
    ],
)
def test_the_guard_complains(lock: str, said: list[str]) -> None:
    project = {"project": {"dependencies": ["Rich>=1"]}, "build-system": {"requires": []}}
    found = list(complaints(lock, project))
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))
