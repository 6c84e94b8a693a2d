from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import infra_ref
from infra_ref.workbench.cli import COMMANDS
from tests.workbench.conftest import COMMAND, environment


def test_it_tells_its_version(infra_ref_in: Any) -> None:
    assert infra_ref_in("--version").stdout == f"infra-ref {infra_ref.__version__}\n"


@pytest.mark.parametrize("args", [(), ("--help",), ("-h",)])
def test_help_names_every_command(command: Any, args: tuple[str, ...]) -> None:
    done = command(*args)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f" {name} " in done.stdout for name in COMMANDS)


def test_every_command_has_a_help(command: Any) -> None:
    for name, where in COMMANDS.items():
        done = command(name, "--help")
        assert done.returncode == 0
        module, _, function = where.partition(":")
        loaded = getattr(importlib.import_module(f"infra_ref.workbench.{module}"), function)
        assert loaded.__doc__.split(".")[0][:40] in " ".join(done.stdout.split())


def test_the_help_loads_no_command() -> None:
    code = (
        "import sys; from infra_ref.workbench import cli; sys.argv = ['infra-ref', '--help']\n"
        "try: cli.main()\n"
        "finally: print('infra_ref.workbench.' + 'check' in sys.modules, 'rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=30
    )
    assert done.stdout.rstrip().endswith("False False"), done.stdout + done.stderr


def test_an_interrupt_says_what_was_done(tmp_path: Path) -> None:
    project = tmp_path
    said = interrupted(project)
    assert "infra-ref: interrupted. No file is half written." in said
    (project / ".infra-ref").mkdir()
    (project / ".infra-ref/journal").write_text("")
    assert "`infra-ref status` finishes it" in interrupted(project)


def interrupted(folder: Path) -> str:
    code = (
        "import sys; from infra_ref.workbench import cli, sizes\n"
        "def rows(tree): raise KeyboardInterrupt\n"
        "sizes.rows = rows; sys.argv = ['infra-ref', 'sizes']; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (130, "")
    return done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("chek",), "No such command 'chek'. Did you mean 'check'?"),
        (("lab", "--prot", "1"), "No such option: --prot"),
        (("lab", "--port", "x"), "'--port'"),
        (("lab", "--port", "70000"), "'--port'"),
        (("reset",), "Missing argument"),
    ],
)
def test_misuse_is_one_sentence_without_a_traceback(command: Any, args: tuple[str, ...], says: str) -> None:
    refused = command(*args)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert says.rstrip("?") in refused.stderr
    assert "--help`" in refused.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_prints_a_completion_script(infra_ref_in: Any, shell: str) -> None:
    # Without this the shell is the one that called us, and CI may have been called by none.
    done = infra_ref_in("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0, done.stderr
    assert "_INFRA_REF_COMPLETE" in done.stdout


def test_names_are_completed(infra_ref_in: Any) -> None:
    done = infra_ref_in(
        _INFRA_REF_COMPLETE="complete_bash", COMP_WORDS="infra-ref show RedisC", COMP_CWORD="2"
    )
    assert "RedisCache" in done.stdout.split()


def test_the_command_line_itself_loads_nothing_heavy() -> None:
    code = "import sys, infra_ref.workbench.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.split()
    assert not {"jupyterlab", "jupyter_server", "tornado", "rich", "redis", "httpx", "sqlalchemy"} & set(
        loaded
    )


def test_a_closed_pipe_is_no_error() -> None:
    command = " ".join([*COMMAND, "list", "--json"])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} | head -n 1"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_a_bug_shows_its_traceback() -> None:
    code = (
        "import sys; from infra_ref.workbench import cli, sizes\n"
        "def broken(): '''Break.'''; raise ZeroDivisionError('a bug')\n"
        "sizes.broken = broken; cli.COMMANDS['break'] = 'sizes:broken'; sys.argv = ['infra-ref', 'break']\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ZeroDivisionError: a bug")
    assert "Traceback" in done.stderr
