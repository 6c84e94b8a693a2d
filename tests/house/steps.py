"""What `make test` and its sisters do, step by step; stops at the first failure.

    python tests/house/steps.py test            all of it
    python tests/house/steps.py test -k cache   what follows goes to pytest
    python tests/house/steps.py test --from mypy

Standard library only: it also runs where there is no make.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
NOTHING_TO_TEST = 5  # pytest's exit status when it collected nothing


@dataclass(frozen=True)
class Step:
    """One command. A step whose `subject` does not stand yet is passed over, and says so."""

    name: str
    command: tuple[str, ...]
    subject: str = "."
    empty_is_fine: bool = False


def tool(module: str, *arguments: str) -> tuple[str, ...]:
    """Return a command that runs a tool of this very environment."""
    return (PYTHON, "-m", module, *arguments)


THREE_AT_ONCE = ("-n3", "--dist", "worksteal")  # of two cores, since many tests wait
FILE_BY_FILE = ("-n2", "--dist", "loadfile")  # the cells of a notebook share a kernel
REPEATABLE = ("--hypothesis-profile", "repeatable")  # stands in tests/conftest.py
LINT_IMPORTS = (
    PYTHON,
    "-c",
    "from importlinter.cli import lint_imports_command as run; run()",
    "--no-cache",
    "--no-logo",
)

CHECKS = (
    Step("ruff check", tool("ruff", "check", "--quiet", "--output-format=concise", ".")),
    Step("ruff format", tool("ruff", "format", "--check", "--quiet", ".")),
    Step("mypy", tool("mypy", "--python-executable", PYTHON)),
    Step("pyright", tool("pyright", "--pythonpath", PYTHON)),
    Step("import-linter", LINT_IMPORTS, subject="infra_ref/workbench"),
)


def site(folder: str) -> Step:
    """Build the site into `folder`; a warning fails it."""
    return Step("site", tool("mkdocs", "build", "--strict", "--quiet", "--site-dir", folder), "mkdocs.yml")


def live_pages(folder: str) -> Step:
    """Add what makes the notebooks of a built site run in their pages; one that raises there fails it."""
    return Step("live pages", (PYTHON, "site-src/live/build.py", folder), "site-src/live")


def test(more: tuple[str, ...], scratch: str) -> Iterable[Step]:
    yield from CHECKS
    yield site(f"{scratch}/infra_ref")  # first, since the browser's tests look at it
    yield live_pages(f"{scratch}/infra_ref")
    # nbval costs each process 1 s of imports; only the notebooks need it.
    yield Step("pytest", tool("pytest", "-q", "-p", "no:nbval", *THREE_AT_ONCE, *REPEATABLE, *more))
    yield Step(
        "notebooks",
        tool("pytest", "-q", "--nbval", *FILE_BY_FILE, "--nbval-cell-timeout=60", "notebooks"),
        "notebooks",
    )
    yield Step("sizes", (PYTHON, "tests/house/sizes.py"))


def test_deep(more: tuple[str, ...], scratch: str) -> Iterable[Step]:
    yield Step(
        "pytest, deep",
        tool("pytest", "-q", "-p", "no:nbval", "-m", "deep", "--timeout=900", *more),
        empty_is_fine=True,
    )


def bench(more: tuple[str, ...], scratch: str) -> Iterable[Step]:
    command = tool("pytest", "-q", "-s", "-p", "no:nbval", "-m", "bench", "--timeout=900", "tests/benchmarks")
    yield Step("benchmarks", (*command, *more), "tests/benchmarks", empty_is_fine=True)


def build_site(more: tuple[str, ...], scratch: str) -> Iterable[Step]:
    yield site("site")
    yield live_pages("site")


LISTS: dict[str, Callable[[tuple[str, ...], str], Iterable[Step]]] = {
    "test": test,
    "test-deep": test_deep,
    "bench": bench,
    "site": build_site,
}


def run(steps: Iterable[Step], *, root: Path = ROOT) -> int:
    """Run each step in turn, say its name and seconds, and return the first failure's status."""
    begun = time.monotonic()
    for step in steps:
        if not (root / step.subject).exists():
            print(f"-- {step.name}: nothing to do, {step.subject} does not stand yet", flush=True)
            continue
        print(f"== {step.name}", flush=True)
        started = time.monotonic()
        status = subprocess.run(step.command, cwd=root, env=environment(), check=False).returncode
        took = time.monotonic() - started
        if step.empty_is_fine and status == NOTHING_TO_TEST:
            status = 0
        if status:
            print(f"** {step.name} failed after {took:.1f} s: {shown(step.command)}", flush=True)
            return status
        print(f"   {step.name} took {took:.1f} s", flush=True)
    print(f"== all of it took {time.monotonic() - begun:.0f} s", flush=True)
    return 0


def environment() -> dict[str, str]:
    """Return the environment, less what would make a tool chatty or look elsewhere."""
    return os.environ | {
        "JUPYTER_PLATFORM_DIRS": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }


def shown(command: tuple[str, ...]) -> str:
    """Return the command as one would type it."""
    return " ".join("python" if word == PYTHON else word for word in command)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", choices=LISTS)
    parser.add_argument("--from", dest="first", metavar="STEP", help="begin at the step whose name begins so")
    chosen, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["INFRA_REF_TEST_SITE"] = scratch
        steps = list(LISTS[chosen.which](tuple(more), scratch))
        if chosen.first:
            names = [step.name for step in steps]
            at = next((n for n, name in enumerate(names) if name.startswith(chosen.first)), None)
            if at is None:
                parser.error(f"no step begins with {chosen.first!r}; there are {', '.join(names)}")
            steps = steps[at:]
        return run(steps)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
