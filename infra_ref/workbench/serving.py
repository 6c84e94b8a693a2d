"""Serve a folder with JupyterLab, in this process, quietly, until Ctrl+C."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import signal
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Any

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.workspace import OWN


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
    try:
        server = app.initialize_server(argv=_settings(folder, port, token))
    except SystemExit as gave_up:
        raise Refused(
            "Jupyter did not start, for the reason above: put that right and start again."
        ) from gave_up
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused(
                "The disk is full, so Jupyter cannot start: free some space and start again."
            ) from error
        raise
    _only_this_interpreter(server)

    opens = browser and _has_browser()
    address = f"http://{server.ip or 'localhost'}:{server.port}{server.base_url}lab"
    server.open_browser = opens
    server.io_loop.add_callback(_say_it_is_up, address, token, opened=opens, wanted=browser)

    def stop(_number: int, _frame: object) -> None:
        server.stop(from_signal=True)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    server.start()
    print("\nStopped.")


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
    own = folder / OWN
    first = next((path.name for path in sorted(folder.glob("*.ipynb"))), "")
    asked = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []
    return [
        *asked,
        f"--ServerApp.root_dir={folder}",
        *(f"--{kind}.log_level={logging.ERROR}" for kind in ("ServerApp", "LabApp", "ExtensionApp")),
        f"--IdentityProvider.token={token}",
        "--ServerApp.allow_root=True",  # in a container one is root; it listens on this machine alone
        "--ServerApp.open_browser=False",
        "--LabApp.news_url=None",  # no question whether to fetch news, and no news
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",  # the other one asks the package index
        f"--LabApp.workspaces_dir={own / 'layout'}",
        f"--LabApp.default_url=/lab/tree/{first}" if first else "--LabApp.default_url=/lab",
    ]


def _only_this_interpreter(server: Any) -> None:
    """Offer the kernel of this interpreter alone, so that another `python3` on the machine is never taken."""
    server.kernel_spec_manager.kernel_dirs = []
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


async def _say_it_is_up(address: str, token: str, *, opened: bool, wanted: bool) -> None:
    if opened:  # it was sent there with the token, by a file that only this user can read
        print(f"JupyterLab is open in your browser, at {address} (Ctrl+C ends it)", flush=True)
        return
    remark = "There is no browser here, so open this in one" if wanted else "JupyterLab is up"
    print(f"{remark}: {address}?token={token} (Ctrl+C ends it)", flush=True)
