"""An `SmsService` over a provider's HTTP API, by the gateway's `HttpClient`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.gateway.address_guard_port import AddressRefused
from infra_ref.gateway.errors import TlsFailed
from infra_ref.gateway.port import Authentication, HttpClient, HttpError, HttpOptions
from infra_ref.notification.errors import (
    Deferred,
    Insecure,
    OutcomeUnknown,
    Rejected,
    Unavailable,
    Undelivered,
)
from infra_ref.notification.port import Accepted
from infra_ref.notification.sms_port import Sms
from infra_ref.result import Err, Ok, Result


def as_json(sms: Sms, sender: str) -> Any:
    """Return the body of a request in the commonest form; a provider's own form is another function."""
    return {"to": sms.to, "from": sender, "text": sms.text}


class HttpSmsService:
    """Posts each text to `url`. Whether it tries again is the client's: see `RetryingHttpClient`.

    The key of a text goes along as `Idempotency-Key`, so that a repeat is safe where the provider
    knows it. An attempt takes at most `timeout` seconds, all of them three times that.
    """

    def __init__(
        self,
        client: HttpClient,
        *,
        url: str,
        sender: str,
        authentication: Authentication | None = None,
        body: Callable[[Sms, str], Any] = as_json,
        timeout: float = 10.0,
    ) -> None:
        self._client, self._url, self._sender, self._body = client, url, sender, body
        self._authentication, self._timeout = authentication, timeout

    async def send_text(self, sms: Sms) -> Result[Accepted, Undelivered]:
        options = HttpOptions(
            timeout=self._timeout,
            deadline=3 * self._timeout,
            authentication=self._authentication,
            idempotency_key=sms.idempotency_key,
            accept="*/*",
        )
        answer = await self._client.post(self._url, self._body(sms, self._sender), options)
        return Ok(Accepted()) if isinstance(answer, Ok) else Err(_undelivered(sms, answer.error))


def _undelivered(sms: Sms, error: HttpError) -> Undelivered:
    status = getattr(error, "status", 0)
    safe = sms.idempotency_key is not None or not error.may_have_acted
    why: dict[str, Any] = {"recipient": sms.to, "retry_after": error.retry_after, "cause": error.cause}
    if isinstance(error, TlsFailed | AddressRefused):
        return Insecure(**why)
    if status and not error.retryable:
        return Rejected(code=status, **why)
    if status in {408, 425, 429, 503} or (status and safe and sms.idempotency_key):
        return Deferred(code=status, **why)
    return Unavailable(**why) if error.retryable and safe and not status else OutcomeUnknown(**why)
