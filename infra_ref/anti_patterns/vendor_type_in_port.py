"""A vendor's type in a port: who wants the promise has to install the vendor."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL

UNIT = "of 2 callers cannot start without the vendor's package"

BAD_PORT = """
from typing import Protocol
from vendor_of_mail import Message

class EmailService(Protocol):
    async def send(self, message: Message) -> None: ...
"""
PORT = """
from dataclasses import dataclass
from typing import Protocol

@dataclass(frozen=True)
class Mail:
    to: str
    text: str

class EmailService(Protocol):
    async def send(self, message: Mail) -> None: ...
"""


def bad() -> str:
    """Return the port that names the vendor's message."""
    return BAD_PORT


def repaired() -> str:
    """Return the port with a message of its own."""
    return PORT


async def measure(port: object) -> int:
    """Return how many callers, a use case and a fake, fail where the vendor is not installed."""
    source = port() if callable(port) else ""
    callers = ["async def remind(mail: EmailService) -> None: ...", "class CapturedMail(EmailService): ..."]
    failed = 0
    for caller in callers:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"{source}\n{caller}", stderr=DEVNULL
        )
        failed += await started.wait() != 0
    return failed
