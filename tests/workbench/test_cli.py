from __future__ import annotations

import subprocess
import sys
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
    for name, function in COMMANDS.items():
        done = command(name, "--help")
        assert done.returncode == 0
        assert (function.__doc__ or "").split(".")[0][:40] in " ".join(done.stdout.split())


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
    assert done.stdout.split() == ["RedisCache"]


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
        "import sys; from infra_ref.workbench import cli\n"
        "def broken(): '''Break.'''; raise ZeroDivisionError('a bug')\n"
        "cli.COMMANDS['break'] = broken; sys.argv = ['infra-ref', 'break']; cli.main()"
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
