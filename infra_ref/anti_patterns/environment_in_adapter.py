"""The environment read in an adapter: two shops in one process cannot differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol

UNIT = "of 2 shops send from the wrong address"


class Mailer(Protocol):
    """What the shop needs to know who sends."""

    def sender(self) -> str:
        """Return the address."""
        ...


MakeMailer = Callable[[Mapping[str, str]], Mailer]


class BadMailSender:
    """Sends mail from the address that the environment names."""

    def sender(self) -> str:
        """Return the address."""
        return os.environ.get("SHOP_SENDER", "nobody@shop.test")


class MailSender:
    """Sends mail from `address`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def sender(self) -> str:
        """Return the address."""
        return self._address


def bad(settings: Mapping[str, str]) -> Mailer:
    """Make a mailer; its settings are where it looks for them."""
    return BadMailSender()


def repaired(settings: Mapping[str, str]) -> Mailer:
    """Make a mailer with its settings."""
    return MailSender(settings["SHOP_SENDER"])


async def measure(make: MakeMailer) -> int:
    """Return how many of two shops, each with settings of its own, send from another address."""
    shops = [{"SHOP_SENDER": "tea@shop.test"}, {"SHOP_SENDER": "lamps@shop.test"}]
    return sum(make(settings).sender() != settings["SHOP_SENDER"] for settings in shops)
