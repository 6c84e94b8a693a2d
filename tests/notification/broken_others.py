"""For each rule of SMS, the notifier and the decorators one that breaks it, and no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from infra_ref.notification.decorators.once_email_service import OnceEmailService
from infra_ref.notification.decorators.retrying_email_service import RetryingEmailService
from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Unavailable
from infra_ref.notification.fan_out_notifier import FanOutNotifier
from infra_ref.notification.http_sms_service import HttpSmsService
from infra_ref.notification.port import Accepted
from infra_ref.result import Err, Ok


class LosesScripts(HttpSmsService):
    async def send_text(self, sms: Any) -> Any:
        return await super().send_text(replace(sms, text=sms.text.replace("李", "?")))


class KeepsItsKey(HttpSmsService):
    """Without a key on the way, but only where nothing was lost."""

    seen: set[str | None]

    async def send_text(self, sms: Any) -> Any:
        first = sms.idempotency_key not in self.__dict__.setdefault("seen", set())
        self.seen.add(sms.idempotency_key)
        return await super().send_text(
            sms if first or sms.text == "keyed" else replace(sms, idempotency_key=None)
        )


class ForGood(HttpSmsService):
    async def send_text(self, sms: Any) -> Any:
        sent = await super().send_text(sms)
        if isinstance(sent, Err) and isinstance(sent.error, Deferred) and sent.error.code == 503:
            return Err(Rejected(recipient=sms.to, code=503))
        return sent


class GoneIsUnknown(HttpSmsService):
    async def send_text(self, sms: Any) -> Any:
        sent = await super().send_text(sms)
        if isinstance(sent, Err) and isinstance(sent.error, Unavailable) and sms.text == "hello":
            return Err(OutcomeUnknown(recipient=sms.to))
        return sent


class TriesAnyway(HttpSmsService):
    async def send_text(self, sms: Any) -> Any:
        sent = await super().send_text(sms)
        if isinstance(sent, Err) and isinstance(sent.error, OutcomeUnknown):
            await super().send_text(sms)
        return sent


class TellsTheText(HttpSmsService):
    async def send_text(self, sms: Any) -> Any:
        sent = await super().send_text(sms)
        if isinstance(sent, Err) and isinstance(sent.error, Rejected):
            return Err(replace(sent.error, reply=f"cannot send {sms.text}"))
        return sent


BROKEN_SMS: dict[str, type[HttpSmsService]] = {
    "SMS-01": LosesScripts,
    "SMS-02": KeepsItsKey,
    "SMS-03": ForGood,
    "SMS-04": GoneIsUnknown,
    "SMS-05": TriesAnyway,
    "SMS-06": TellsTheText,
}


class SubjectAlone(FanOutNotifier):
    async def notify(self, notice: Any) -> Any:
        return await super().notify(replace(notice, text=""))


class StopsAtTheFirst(FanOutNotifier):
    async def notify(self, notice: Any) -> Any:
        seen = await super().notify(notice)
        refused = [one for one in seen.values() if isinstance(one, Err) and isinstance(one.error, Rejected)]
        return dict.fromkeys(seen, refused[0]) if refused else seen


class LetsItThrough(FanOutNotifier):
    async def notify(self, notice: Any) -> Any:
        seen = await super().notify(notice)
        for one in seen.values():
            if isinstance(one, Err) and isinstance(one.error.cause, ZeroDivisionError):
                raise one.error.cause
        return seen


class OneByOne(FanOutNotifier):
    async def notify(self, notice: Any) -> Any:
        return {name: await self._deliver(name, notice) for name in self._channels}


class GoesOn(FanOutNotifier):
    async def notify(self, notice: Any) -> Any:
        return await asyncio.shield(super().notify(notice))


class OfNobody(FanOutNotifier):
    def __init__(self, channels: Any, **more: Any) -> None:
        super().__init__(channels or {"nobody": None}, **more)


BROKEN_NOTIFIERS: dict[str, type[FanOutNotifier]] = {
    "NOTIFY-01": SubjectAlone,
    "NOTIFY-02": StopsAtTheFirst,
    "NOTIFY-03": LetsItThrough,
    "NOTIFY-04": OneByOne,
    "NOTIFY-05": GoesOn,
    "NOTIFY-06": OfNobody,
}


class GivesUp(RetryingEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        self._attempts = min(self._attempts, 3)
        return await super().send(email, only=only)


class ToAll(RetryingEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        inner = self._inner

        class All:
            async def send(self, email: Any, *, only: Any = None) -> Any:
                return await inner.send(email)

        self._inner = All()
        return await super().send(email)


class TriesTheUnknown(RetryingEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        if any(isinstance(one, Err) and isinstance(one.error, OutcomeUnknown) for one in receipts.values()):
            await self._inner.send(email)
        return receipts


class OnceTooOften(RetryingEmailService):
    def __init__(self, inner: Any, *, attempts: int = 3, **more: Any) -> None:
        super().__init__(inner, attempts=attempts + 1, **more)


class Impatient(RetryingEmailService):
    """Does not look at what the server asks for, unless that is too long."""

    def __init__(self, inner: Any, **more: Any) -> None:
        super().__init__(Sooner(inner), **more)


class Sooner:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await self._inner.send(email, only=only)
        for one, receipt in receipts.items():
            if isinstance(receipt, Err) and (receipt.error.retry_after or 0) > 100:
                receipts[one] = Err(replace(receipt.error, retry_after=None))
        return receipts


class AnyWait(RetryingEmailService):
    def __init__(self, inner: Any, *, patience: float = 600.0, **more: Any) -> None:
        super().__init__(inner, patience=600.0, **more)


class GoesOnSending(RetryingEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        return await asyncio.shield(super().send(email, only=only))


BROKEN_RETRIES: dict[str, type[RetryingEmailService]] = {
    "RESEND-01": GivesUp,
    "RESEND-02": ToAll,
    "RESEND-03": TriesTheUnknown,
    "RESEND-04": OnceTooOften,
    "RESEND-05": Impatient,
    "RESEND-06": AnyWait,
    "RESEND-07": GoesOnSending,
}


class EachTime(OnceEmailService):
    """Remembers those it has sent to for a moment only."""

    async def _settle(self, lease: Any, receipt: Any) -> None:
        await super()._settle(lease, receipt)
        if isinstance(receipt, Ok) and lease.key.endswith("ann@shop.test") and not self._several:
            await self._cache.delete(lease.key)

    _several = False

    async def send(self, email: Any, *, only: Any = None) -> Any:
        self._several = len(email.recipients) > 1
        return await super().send(email, only=only)


class OneKey(OnceEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        return await super().send(replace(email, idempotency_key="the one"), only=only)


class ForEver(OnceEmailService):
    async def _settle(self, lease: Any, receipt: Any) -> None:
        refused = isinstance(receipt, Err) and isinstance(receipt.error, Deferred | Rejected)
        await super()._settle(lease, Ok(Accepted()) if refused else receipt)


class LooksFirst(OnceEmailService):
    """Looks, sends, and then writes."""

    async def _claim(self, name: str, recipient: str) -> Any:
        lease = await super()._claim(name, recipient)
        if not isinstance(lease, Err) or not isinstance(lease.error, Unavailable) or lease.error.cause:
            return lease
        await self._cache.delete(name)
        return await super()._claim(name, recipient)


class TriesUnknown(OnceEmailService):
    async def _settle(self, lease: Any, receipt: Any) -> None:
        if isinstance(receipt, Err) and isinstance(receipt.error, OutcomeUnknown):
            await self._cache.release(lease)
        else:
            await super()._settle(lease, receipt)


class SendsAnyway(OnceEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        for one in receipts.values():
            if isinstance(one, Err) and isinstance(one.error, Unavailable) and one.error.cause:
                return await self._inner.send(email)
        return receipts


class TakesAll(OnceEmailService):
    async def send(self, email: Any, *, only: Any = None) -> Any:
        receipts = await super().send(email, only=only)
        for one in email.recipients:
            if only and one not in only:
                await self._cache.set(f"{email.idempotency_key} {one}", "accepted")
        return receipts


BROKEN_ONCE: dict[str, type[OnceEmailService]] = {
    "ONCE-01": EachTime,
    "ONCE-02": OneKey,
    "ONCE-03": ForEver,
    "ONCE-04": LooksFirst,
    "ONCE-05": TriesUnknown,
    "ONCE-06": SendsAnyway,
    "ONCE-07": TakesAll,
}
