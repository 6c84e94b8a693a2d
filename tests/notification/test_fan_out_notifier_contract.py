"""`FanOutNotifier` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.notification.contracts.notifier_contract import NotifierContract
from infra_ref.notification.fan_out_notifier import FanOutNotifier


class TestFanOutNotifier(NotifierContract):
    def make(self) -> type[FanOutNotifier]:
        return FanOutNotifier
