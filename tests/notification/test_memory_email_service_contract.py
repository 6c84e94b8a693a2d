"""`MemoryEmailService` keeps every rule of its contract."""

from __future__ import annotations

from functools import cached_property

from infra_ref.notification.contracts.email_service_contract import EmailServiceContract
from infra_ref.notification.memory_email_service import MemoryEmailService
from infra_ref.notification.messages.scripted_mail_server import ScriptedMailServer


class TestMemoryEmailService(EmailServiceContract):
    kind = MemoryEmailService

    @cached_property
    def server(self) -> ScriptedMailServer:
        return ScriptedMailServer()

    def make(self) -> MemoryEmailService:
        return self.kind(self.server, timeout=0.2)
