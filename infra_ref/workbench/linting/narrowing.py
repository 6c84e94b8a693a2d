"""What is left of the findings: those that a change brings, those that a baseline does not know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from infra_ref.workbench.linting.finding import Finding
from infra_ref.workbench.refused import Refused

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def in_change(findings: Iterable[Finding], base: str, root: Path) -> list[Finding]:
    """Return the findings that touch a line changed in `root` since `base`, or span one that was deleted."""
    changed = _changed(base, root)
    return [
        one
        for one in findings
        if any(one.line < lines.stop and lines.start <= one.end_line for lines in changed[one.path])
    ]


def _changed(base: str, root: Path) -> dict[str, list[range]]:
    """Return the changed lines by path; a new file is changed whole."""
    found: dict[str, list[range]] = defaultdict(list)
    start, path = _git(root, "merge-base", base, "HEAD")[0], ""
    for line in _git(root, "diff", "-U0", "--no-color", "--no-ext-diff", "--no-prefix", "--relative", start):
        if line.startswith("+++ "):
            path = line[4:].strip('"\t')
        elif hunk := _HUNK.match(line):
            found[path].append(range(int(hunk[1]), int(hunk[1]) + int(hunk[2] or 1)))
    new = _git(root, "ls-files", "--others", "--exclude-standard")
    return defaultdict(list, found | {one: [range(sys.maxsize)] for one in new})


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(root), "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise Refused("--diff asks git, which is not installed.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Refused(f"--diff: git {arguments[0]} failed: {said[0] if said else 'no common commit'}.")
    return done.stdout.splitlines()


def not_known(findings: Iterable[Finding], baseline: Path) -> list[Finding]:
    """Return the findings that the baseline does not hold; each of its entries covers one."""
    try:
        known = Counter(tuple(one) for one in json.loads(baseline.read_text(encoding="utf-8"))["known"])
    except FileNotFoundError as error:
        raise Refused(f"There is no baseline at {baseline}: write it with --write-baseline.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{baseline} is no baseline of this linter: write it anew with --write-baseline."
        raise Refused(why) from error
    left = []
    for one in findings:
        known[_sign(one)] -= 1
        if known[_sign(one)] < 0:
            left.append(one)
    return left


def write_baseline(findings: Iterable[Finding], baseline: Path) -> None:
    """Keep the findings by path, code and source line, so that lines may move."""
    text = json.dumps({"known": sorted(map(_sign, findings))}, indent=1)
    baseline.write_text(text + "\n", encoding="utf-8")


def _sign(one: Finding) -> tuple[str, ...]:
    return one.path, one.code, one.source
