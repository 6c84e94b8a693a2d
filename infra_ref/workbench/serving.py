"""Serve a folder with JupyterLab, in this process, quietly, until Ctrl+C."""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import signal
import socket
import sys
import sysconfig
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from infra_ref.workbench.atomic_write import FULL, write_errors
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.workspace import OWN

LAYOUT = f"{OWN}/layout"
"""In a workspace, what is open in its lab."""


def serve(folder: Path, *, port: int | None = None, browser: bool = True) -> None:
    """Serve `folder` and return once the server has ended.

    `port` is taken or refused; None takes 8888 or the next free one. `browser`
    opens one if there is one. Kernels run the interpreter that runs this.
    Raises Refused when JupyterLab is missing, the port is taken or the disk is full.
    """
    if port is not None:
        _ask_for(port)
    app = _jupyterlab()
    token = secrets.token_hex(24)
    _prepare_environment()
    _show_first(folder)
    with _starting():
        server = app.initialize_server(argv=_settings(folder, port, token))
    # The kernel of this interpreter alone, so that another `python3` on the machine is never taken.
    server.kernel_spec_manager.kernel_dirs = []

    opens = browser and _has_browser()
    address = f"http://{server.ip or 'localhost'}:{server.port}{server.base_url}lab"
    server.open_browser = opens

    async def up() -> None:
        server.log.setLevel(logging.ERROR)
        print(_where(address, token, opened=opens, wanted=browser), flush=True)

    server.io_loop.add_callback(up)

    def stop(_number: int, _frame: object) -> None:
        server.stop(from_signal=True)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    with _starting():
        server.start()
    print("\nStopped.")


@contextmanager
def _starting() -> Generator[None]:
    """Turn what keeps Jupyter from starting into one sentence. Once it serves, it handles errors itself."""
    try:
        yield
    except SystemExit as gave_up:
        if not gave_up.code:
            raise
        raise Refused(
            "Jupyter did not start, for the reason above: put that right, start again."
        ) from gave_up
    except OSError as error:
        if error.errno in FULL:
            raise Refused(
                "The disk is full, so Jupyter cannot start: free some space, start again."
            ) from error
        raise Refused(f"Jupyter cannot start ({error}): make that place yours to write to.") from error


def _jupyterlab() -> Any:
    # jsonschema imports it for one format that Jupyter does not use, and it then
    # builds a grammar for 1.5 s. Absent, jsonschema does without.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    try:
        from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise Refused(
            f"JupyterLab needs {error.name}, which is missing: pip install 'infra-ref[lab]'"
        ) from error
    return LabApp


def _settings(folder: Path, port: int | None, token: str) -> list[str]:
    """Return Jupyter's options. They go to it in this process, so `ps` does not show the token."""
    import zmq

    first = next((f"/tree/{quote(name)}" for name in _notebooks(folder)), "")
    asked = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []
    return [
        *asked,
        f"--ServerApp.root_dir={folder}",
        # What goes wrong at the start is told in one sentence; later errors are shown as they come.
        f"--ServerApp.log_level={logging.CRITICAL}",
        f"--LabApp.log_level={logging.ERROR}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.allow_root=True",  # in a container one is root; it listens on this machine alone
        "--ServerApp.open_browser=False",
        "--LabApp.extension_manager=readonly",  # the other one asks the package index
        "--LanguageServerManager.autodetect=False",  # it would run npm to look for them
        f"--LabApp.workspaces_dir={folder / LAYOUT}",
        # Not a login shell, which would forget where `infra-ref` is.
        f"--ServerApp.terminado_settings={{'shell_command': {[_shell()]!r}}}",
        *(["--KernelManager.transport_encryption=auto"] if zmq.has("curve") else []),
        f"--LabApp.default_url=/lab{first}",
    ]


def _notebooks(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ipynb"))


def _shell() -> str:
    return os.environ.get("SHELL") or ("powershell.exe" if os.name == "nt" else "sh")


def _show_first(folder: Path) -> None:
    """Open the first notebook in a lab that was never used; one that was keeps what was open in it."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    names, layout = _notebooks(folder), folder / LAYOUT
    if not names or (layout.is_dir() and any(layout.iterdir())):
        return
    name = f"notebook:{names[0]}"
    area = {"type": "tab-area", "currentIndex": 0, "widgets": [name]}
    with write_errors(layout):
        WorkspacesManager(str(layout)).save(
            "default",
            json.dumps(
                {
                    "data": {
                        "layout-restorer:data": {"main": {"dock": area, "current": name}},
                        name: {"data": {"path": names[0], "factory": "Notebook"}},
                    },
                    "metadata": {"id": "default"},
                }
            ),
        )


def _prepare_environment() -> None:
    """Set what Jupyter and its kernels read from the environment of this process, and nowhere else."""
    # Defaults that ask no question and no other host; what the user has set for JupyterLab still wins.
    paths = [str(Path(__file__).parent / "settings"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    # The lab's terminals and cells find the command `infra-ref` of this very environment.
    here = sysconfig.get_path("scripts")
    os.environ["PATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PATH", "")]))
    # The debugger's remark on frozen modules would land in the terminal for each kernel.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def _ask_for(port: int) -> None:
    """Refuse a port that is taken or not allowed, before anything is started."""
    for family, _, _, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if os.name == "posix":  # as the server does; elsewhere it would share the port
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Refused(
                        f"Port {port} is taken: give another, or leave --port out to get the next free one."
                    ) from error
                if error.errno == errno.EACCES:
                    raise Refused(f"Port {port} is not yours to take: give one above 1023.") from error
                # An address family that this machine does not have; the server passes it by, too.


def _has_browser() -> bool:
    """Tell whether there is a browser with a window; one in the terminal would take it over."""
    try:
        return type(webbrowser.get()) is not webbrowser.GenericBrowser or "BROWSER" in os.environ
    except webbrowser.Error:
        return False


def _where(address: str, token: str, *, opened: bool, wanted: bool) -> str:
    if opened:  # it was sent there with the token, by a file that only this user can read
        return f"JupyterLab is open in your browser, at {address} (Ctrl+C ends it)"
    remark = "There is no browser here, so open this in one" if wanted else "JupyterLab is up"
    return f"{remark}: {address}?token={token} (Ctrl+C ends it)"
