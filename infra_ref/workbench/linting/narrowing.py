"""What is left of the findings: those that a change brings, those that a baseline does not know."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from infra_ref.workbench.linting.finding import Finding
from infra_ref.workbench.refused import Refused

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def changed_lines(base: str, root: Path) -> dict[str, set[int]]:
    """Return the lines that changed in `root` since `base`, by path from it; a new file is changed whole."""
    start = _git(root, "merge-base", base, "HEAD").strip()
    found: dict[str, set[int]] = defaultdict(set)
    path = ""
    for line in _git(
        root, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--relative", start, "--"
    ).splitlines():
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/").strip('"')
        elif hunk := _HUNK.match(line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found[path] |= set(range(first, first + count))
    for new in _git(root, "ls-files", "--others", "--exclude-standard").splitlines():
        found[new] = _every_line(root / new)
    return found


def _every_line(path: Path) -> set[int]:
    try:
        return set(range(1, path.read_bytes().count(b"\n") + 2))
    except OSError:
        return set()


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise Refused("--diff asks git, which is not installed.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Refused(f"--diff: git {arguments[0]} failed: {said[0] if said else 'no common commit'}.")
    return done.stdout


def in_change(findings: Iterable[Finding], changed: dict[str, set[int]]) -> list[Finding]:
    """Return the findings that touch a changed line."""
    return [
        one
        for one in findings
        if not changed.get(one.path, set()).isdisjoint(range(one.line, one.end_line + 1))
    ]


def not_known(findings: Iterable[Finding], baseline: Path) -> list[Finding]:
    """Return the findings that the baseline does not hold; each of its entries covers one."""
    try:
        known = Counter(tuple(one) for one in json.loads(baseline.read_text(encoding="utf-8"))["known"])
    except FileNotFoundError as error:
        raise Refused(f"There is no baseline at {baseline}: write it with --write-baseline.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{baseline} is no baseline of this linter: write it anew with --write-baseline."
        ) from error
    left = []
    for one in findings:
        if known[_sign(one)] > 0:
            known[_sign(one)] -= 1
        else:
            left.append(one)
    return left


def write_baseline(findings: Iterable[Finding], baseline: Path) -> None:
    """Keep the findings by path, code and source line, so that lines may move."""
    text = json.dumps({"known": sorted(map(_sign, findings))}, indent=1)
    baseline.write_text(text + "\n", encoding="utf-8")


def _sign(one: Finding) -> tuple[str, ...]:
    return one.path, one.code, one.source
