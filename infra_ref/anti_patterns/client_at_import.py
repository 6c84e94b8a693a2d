"""A client made at import: who only imports the file needs the server."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

UNIT = "of 3 programs that charge nobody cannot start while the bank is away"

BAD_FILE = """
import socket

bank = socket.create_connection(BANK)

def charge(order: str) -> None:
    bank.sendall(order.encode())
"""
FILE = """
import socket

class Bank:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def charge(self, order: str) -> None:
        self.connection.sendall(order.encode())
"""


def bad() -> str:
    """Return the file that connects where it is imported."""
    return BAD_FILE


def repaired() -> str:
    """Return the file whose client is given what the application opened."""
    return FILE


async def measure(file: Callable[[], str]) -> int:
    """Return how many programs fail at their imports: a test, `--help`, a report of last year's orders."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        bank = server.getsockname()  # nobody listens there once it is closed
    failed = 0
    for program in ("test", "help", "report"):
        try:
            exec(file(), {"__name__": program, "BANK": bank})  # what an import does
        except OSError:
            failed += 1
    return failed
