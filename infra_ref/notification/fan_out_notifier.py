"""`FanOutNotifier`: one notice by several channels at once, none of which can stop another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.notification.errors import OutcomeUnknown, Undelivered
from infra_ref.notification.notifier_port import Channel, Delivered, Notice
from infra_ref.result import Err


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFailed(Undelivered):
    """A channel raised; `cause` is what. That is a bug in it, and the others are told nothing of it."""

    message = "was not reached: its channel failed"


class FanOutNotifier:
    """A `Notifier`. A channel that has not answered after `timeout` seconds is cancelled.

    Raises ValueError without any channel: nobody would ever hear of anything.
    """

    def __init__(
        self, channels: Mapping[str, Channel], *, timeout: float = 60.0, clock: Clock | None = None
    ) -> None:
        if not channels:
            raise ValueError("a notifier without a channel tells nobody: give at least one")
        self._channels, self._timeout, self._clock = dict(channels), timeout, clock or SystemClock()

    async def notify(self, notice: Notice) -> dict[str, Delivered]:
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(self._deliver(name, notice)) for name in self._channels}
        return {name: task.result() for name, task in tasks.items()}

    async def _deliver(self, name: str, notice: Notice) -> Delivered:
        try:
            async with timeout(self._clock, self._timeout):
                return await self._guarded(name, notice)
        except TimeoutError as error:
            return Err(OutcomeUnknown(recipient=name, cause=error))

    async def _guarded(self, name: str, notice: Notice) -> Delivered:
        try:
            return await self._channels[name].deliver(notice)
        except Exception as error:  # noqa: BLE001 - whatever one channel does, the others go on
            return Err(ChannelFailed(recipient=name, cause=error))
