"""What is left of the findings: those that a change brings, those that a baseline does not know."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from infra_ref.workbench.linting.finding import Finding, Outcome
from infra_ref.workbench.refused import Refused

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_DIFF = ("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-prefix", "--relative", "--merge-base")


def in_change(outcome: Outcome, base: str) -> list[Finding]:
    """Return the findings that touch a change since `base`; drop the troubles of files without one."""
    changed, path = defaultdict[str, list[tuple[int, int]]](list), ""
    if not _git(outcome.root, "rev-list", "--all", "--max-count=1"):
        return outcome.findings  # before the first commit everything is new
    for line in _git(outcome.root, *_DIFF, "--end-of-options", base, "--"):
        if line.startswith("+++ "):
            path = line[4:].strip('"\t')
        elif hunk := _HUNK.match(line):
            changed[path].append((int(hunk[1]), int(hunk[1]) + int(hunk[2] or 1)))
    for path in _git(outcome.root, "ls-files", "--others", "--exclude-standard"):
        changed[path].append((0, 10**9))
    outcome.troubles = [one for one in outcome.troubles if one.path in changed]
    found = ((one, changed[one.path]) for one in outcome.findings)
    return [one for one, new in found if any(one.line < end and start <= one.end_line for start, end in new)]


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(root), "-c", "core.quotePath=false", *arguments]
    kept = {one: os.environ[one] for one in os.environ.keys() - {"GIT_DIR", "GIT_INDEX_FILE"}}  # of a hook
    try:
        done = subprocess.run(command, check=True, capture_output=True, env=kept)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", b"").decode(errors="replace") or str(error)).splitlines()
        raise Refused(f"--diff: git {arguments[0]} failed: {said[0].rstrip('.')}.") from error
    return done.stdout.decode(errors="replace").splitlines()


def not_known(outcome: Outcome, baseline: Path) -> list[Finding]:
    """Return the findings that the baseline does not hold; each of its entries covers one."""
    try:
        known = Counter(tuple(one) for one in json.loads(baseline.read_text(encoding="utf-8"))["known"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{baseline} is no baseline ({error}): write it with --write-baseline.") from error

    def is_new(one: Finding) -> bool:
        known.subtract([_sign(one, outcome)])
        return known[_sign(one, outcome)] < 0

    return list(filter(is_new, outcome.findings))


def write_baseline(outcome: Outcome, baseline: Path) -> None:
    """Keep the findings by path, code and source line, so that lines may move."""
    text = json.dumps({"known": sorted(_sign(one, outcome) for one in outcome.findings)}, indent=1)
    baseline.write_text(text + "\n", encoding="utf-8")


def _sign(one: Finding, outcome: Outcome) -> tuple[str, ...]:
    return one.path, one.code, outcome.line(one).strip()
