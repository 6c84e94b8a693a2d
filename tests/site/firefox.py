"""Debian's own Firefox by its Marionette protocol: Playwright drives only a build of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START = 60.0
"""Seconds until it listens."""
LONG = 180
"""Seconds that one command may take."""


class Firefox:
    """A session. What a command returns, and its errors, are those of WebDriver."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._number = line, 0
        self._answers = line.makefile("rb")
        self._answer()  # it greets
        self._do("NewSession")
        self._do("SetTimeouts", script=LONG * 1000, pageLoad=LONG * 1000)

    def open(self, url: str) -> None:
        self._do("Navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression of the page comes to, awaited. Raises RuntimeError if it fails."""
        script = (
            "const done = arguments[0]; (async () => (%s))().then((it) => done([it]), (it) => done(`${it}`))"
        )
        found = self._do("ExecuteAsyncScript", script=script % expression, args=[], sandbox=None)["value"]
        if isinstance(found, str):
            raise RuntimeError(found)
        return found[0]

    def _do(self, command: str, **given: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{command}", given]).encode()
        self._line.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._answer()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def _answer(self) -> Any:
        length = b""
        while (one := self._answers.read(1)) != b":":
            if not one:
                raise RuntimeError("Firefox hung up")
            length += one
        return json.loads(self._answers.read(int(length)))


@contextmanager
def started(program: str, profile: Path) -> Iterator[Firefox]:
    """Start it without a window, in a new profile, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    running = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", profile],
        env=os.environ | {"HOME": str(profile)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with _connected(port) as line:
            line.settimeout(LONG)
            yield Firefox(line)
    finally:
        running.terminate()
        running.wait(30)


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + START
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
