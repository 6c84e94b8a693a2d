"""The channels of a notifier: by mail and by SMS."""

from __future__ import annotations

from infra_ref.notification.notifier_port import Delivered, Notice
from infra_ref.notification.port import Address, Email, EmailService
from infra_ref.notification.sms_port import Sms, SmsService
from infra_ref.result import Err, Ok

LONGEST = 160
"""Characters that one SMS holds."""


class EmailChannel:
    """A `Channel` that mails one recipient."""

    def __init__(self, service: EmailService, *, sender: Address, to: Address) -> None:
        self._service, self._sender, self._to = service, sender, to

    async def deliver(self, notice: Notice) -> Delivered:
        email = Email(
            sender=self._sender,
            to=(self._to,),
            subject=notice.subject,
            text=notice.text or notice.subject,
            idempotency_key=notice.idempotency_key,
        )
        receipt = (await self._service.send(email))[self._to.email]
        return Ok(None) if isinstance(receipt, Ok) else Err(receipt.error)


class SmsChannel:
    """A `Channel` that sends the subject to one number, cut off where an SMS ends."""

    def __init__(self, service: SmsService, *, to: str) -> None:
        self._service, self._to = service, to

    async def deliver(self, notice: Notice) -> Delivered:
        sms = Sms(self._to, notice.subject[:LONGEST], notice.idempotency_key)
        return (await self._service.send_text(sms)).map(lambda _: None)
