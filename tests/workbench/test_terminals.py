"""Wherever the output of a command goes, and whatever it is given, there is a sentence and no traceback."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workbench.conftest import COMMAND, environment

CHECK = ("check", "caching", "infra_ref.caching.memory_cache:MemoryCache", "--only", "CACHE-01")
COMMANDS = [("list",), ("view", "RedisCache"), ("status",), CHECK]
LONG = "x" * 5000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it is about POSIX shells")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project into which something was copied, so that `status` has what to print."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "0"\n', encoding="utf-8")
    done = in_shell(folder, ("add", "caching/memory_cache", "--to", "src/shop/infra"))
    assert done.returncode == 0, done.stderr
    return folder


def in_shell(folder: Path, args: tuple[str, ...], rest: str = "", **variables: str) -> Any:
    """Run `infra-ref ARGS REST` in a shell; what reads a pipe is not what its status is about."""
    line = f'set -o pipefail; "$@" {rest}'
    return subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND, *args],
        cwd=folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
    )


def name(args: tuple[str, ...]) -> str:
    return args[0]


CLOSED = [
    pytest.param(args, rest, id=f"{args[0]} {rest}")
    for args in COMMANDS
    for rest in ("| true", ">&- 2>&-", *(("| head -1", ">&-", "2>&-") if args is CHECK else ()))
]


@pytest.mark.parametrize(("args", "rest"), CLOSED)
def test_an_output_that_is_closed_is_no_error(project: Path, args: tuple[str, ...], rest: str) -> None:
    done = in_shell(project, args, rest)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("args", COMMANDS, ids=name)
def test_an_output_that_is_full_is_told(project: Path, args: tuple[str, ...]) -> None:
    done = in_shell(project, args, ">/dev/full")
    assert (done.returncode, done.stderr) == (
        2,
        "infra-ref: the output could not be written: No space left on device.\n",
    )
    if args is CHECK:
        assert in_shell(project, args, ">/dev/full 2>/dev/full").returncode == 2


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "C"],
)
@pytest.mark.parametrize("args", COMMANDS, ids=name)
def test_a_terminal_that_knows_few_signs_gets_others(
    project: Path, args: tuple[str, ...], variables: dict[str, str]
) -> None:
    done = in_shell(project, args, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    if args is CHECK:
        assert done.stdout.startswith("+ CACHE-01  a value that was set is a hit")


def test_what_is_broken_looks_so_in_ascii(project: Path) -> None:
    (project / "stale.py").write_text(
        "from infra_ref.caching.memory_cache import MemoryCache\n"
        "class Stale(MemoryCache):\n"
        "    async def get(self, key, default=None): return default\n",
        encoding="utf-8",
    )
    args = ("check", "Cache", "stale:Stale", "--only", "CACHE-01")
    done = in_shell(project, args, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("x CACHE-01")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc, where nobody can write")
@pytest.mark.parametrize("args", [("list",), ("view", "RedisCache"), ("status",), CHECK], ids=name)
def test_where_nothing_can_be_written_there_is_no_traceback(args: tuple[str, ...]) -> None:
    done = in_shell(Path("/proc"), args, HOME="/proc", XDG_CACHE_HOME="/proc", TMPDIR="/proc")
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if args == ("status",) else 0)


def test_status_works_on_a_read_only_disk(tmp_path: Path) -> None:
    mounting = ["unshare", "--map-root-user", "--mount", "bash", "-c"]
    disk = f"mount -t tmpfs none {tmp_path} && cd {tmp_path}"
    if shutil.which("unshare") is None or subprocess.run([*mounting, disk], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    infra_ref = shlex.join(COMMAND)
    script = f"""{disk} && echo '[project]' > pyproject.toml
    {infra_ref} add caching/memory_cache --to src/shop >/dev/null
    mount -o remount,ro {tmp_path} && {infra_ref} status"""
    done = subprocess.run([*mounting, script], env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "unchanged" in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("check", LONG, "infra_ref.caching.memory_cache:MemoryCache"),
        ("check", "caching", f"{LONG}:make"),
        ("check", "caching", f"infra_ref.caching.memory_cache:{LONG}"),
        ("check", "caching", f"{'a.' * 2500}b:make"),
        ("list", LONG),
        ("view", LONG),
        ("view", f"caching/{LONG}"),
        ("status", "--to", LONG),
        ("status", "--from", LONG),
        (LONG,),
    ],
    ids=lambda args: " ".join(one[:12] for one in args),
)
def test_a_name_of_5000_letters_gets_a_short_answer(command: Any, args: tuple[str, ...]) -> None:
    done = command(*args)
    assert done.returncode == 2
    assert done.stderr.startswith("infra-ref: ")
    assert len(done.stderr) < 2500
    assert "Traceback" not in done.stderr


# A module, or a factory, that ends the program


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import sys; sys.exit()", "Importing leaves ended the program (SystemExit (leaves.py, line 1)"),
        (
            "raise SystemExit('bye')",
            "Importing leaves ended the program (SystemExit: bye (leaves.py, line 1)",
        ),
        ("exit(3)", "Importing leaves ended the program (SystemExit: 3 (leaves.py, line 1)"),
        ("class Odd(BaseException): ...\nraise Odd('x')", "Importing leaves raised Odd: x"),
    ],
    ids=["exit", "bye", "3", "odd"],
)
def test_a_module_that_exits_at_import_is_told(command: Any, tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "leaves.py").write_text(f"{source}\ndef make(): ...\n", encoding="utf-8")
    for args in (("check", "caching", "leaves:make"), ("check", "leaves:Contract", "leaves:make")):
        done = command(*args)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"infra-ref: {says}")


def test_a_factory_that_exits_is_told(command: Any, tmp_path: Path) -> None:
    (tmp_path / "quits.py").write_text("def make(): raise SystemExit(0)\n", encoding="utf-8")
    done = command("check", "caching", "quits:make")
    assert done.returncode == 2
    assert done.stderr.startswith("infra-ref: Making the adapter ended the program (SystemExit: 0")


def test_ctrl_c_at_import_is_an_interrupt(project: Path) -> None:
    (project / "stops.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    assert in_shell(project, ("check", "caching", "stops:make")).returncode == 130
