"""`MemorySmsService` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.notification.contracts.sms_service_contract import SmsServiceContract
from infra_ref.notification.memory_sms_service import MemorySmsService


class TestMemorySmsService(SmsServiceContract):
    kind = MemorySmsService
    lacks: ClassVar = {"wire": "it has no wire that could break"}

    def make(self) -> MemorySmsService:
        self.service = self.kind()
        return self.service

    @property
    def provider(self) -> Any:
        return Provider(self.service)


class Provider:
    def __init__(self, service: MemorySmsService) -> None:
        self.answer, self._service = service.answer, service

    @property
    def received(self) -> list[tuple[str, str]]:
        return [(one.to, one.text) for one in self._service.sent]
