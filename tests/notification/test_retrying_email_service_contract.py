"""`RetryingEmailService` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.notification.contracts.retrying_contract import RetryingEmailContract
from infra_ref.notification.decorators.retrying_email_service import RetryingEmailService


class TestRetryingEmailService(RetryingEmailContract):
    def make(self) -> type[RetryingEmailService]:
        return RetryingEmailService
