"""The fake that works: an `SmsService` that keeps what it is given."""

from __future__ import annotations

from collections import defaultdict, deque

from infra_ref.notification.errors import Deferred, Rejected, Undelivered
from infra_ref.notification.port import Accepted
from infra_ref.notification.sms_port import Sms
from infra_ref.result import Err, Ok, Result


class MemorySmsService:
    """`sent` has what was accepted; `answer` scripts the status that a provider would give."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []
        self._codes: dict[str, deque[int]] = defaultdict(lambda: deque([202]))

    def answer(self, number: str, *codes: int) -> None:
        """Give these to the next texts to that number, one each; the last one stays."""
        self._codes[number] = deque(codes)

    async def send_text(self, sms: Sms) -> Result[Accepted, Undelivered]:
        codes = self._codes[sms.to]
        code = codes.popleft() if len(codes) > 1 else codes[0]
        if code == 429 or code >= 500:
            return Err(Deferred(recipient=sms.to, code=code))
        if code >= 400:
            return Err(Rejected(recipient=sms.to, code=code))
        keys = {one.idempotency_key for one in self.sent} - {None}
        if sms.idempotency_key not in keys:
            self.sent.append(sms)
        return Ok(Accepted())
