"""What every `SmsService` promises."""

from __future__ import annotations

from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Unavailable, Undelivered
from infra_ref.notification.port import Accepted
from infra_ref.notification.sms_port import Sms, SmsService
from infra_ref.result import Err, Ok, Result

ANN, BOB = "+4915112345678", "+12025550123"


class SmsServiceContract(Contract):
    """The rules of an `SmsService`, with a timeout below a second."""

    port = SmsService

    provider: Any = tool("`received`, pairs of number and text; answer(number, *codes) scripts its API")
    wire: Any = tool("`fault`: 'gone' is no connection, 'lost' an answer that does not come")

    @rule("SMS-01", "a text arrives at its number as it was, in any script")
    async def arrives(self, service: SmsService, provider: Any) -> None:
        for text in ("Your code is 4711", "Grüße, 李 👩‍🚒\nzwei Zeilen"):
            assert await service.send_text(Sms(ANN, text)) == Ok(Accepted())
            assert provider.received[-1] == (ANN, text)

    @rule("SMS-02", "with the same idempotency key it arrives once, without one each time")
    async def once_for_a_key(self, service: SmsService, provider: Any) -> None:
        for key in ("order 7", "order 7", "order 8", None, None):
            assert await service.send_text(Sms(ANN, f"for {key}", key)) == Ok(Accepted())
        assert [text for _, text in provider.received] == [
            "for order 7",
            "for order 8",
            "for None",
            "for None",
        ]

    @rule("SMS-03", "4xx is a refusal for good, 429 and 503 one for now; neither stops the next text")
    async def now_or_for_good(self, service: SmsService, provider: Any) -> None:
        provider.answer(ANN, 429, 503, 400)
        for code, kind in ((429, Deferred), (503, Deferred), (400, Rejected)):
            refused = error(await service.send_text(Sms(ANN, "hello")), kind)
            assert (refused.code, refused.retryable) == (code, kind is Deferred)
        assert await service.send_text(Sms(BOB, "hello")) == Ok(Accepted())
        assert provider.received == [(BOB, "hello")]

    @rule("SMS-04", "while nobody can be connected to, it is Unavailable, and may be sent again")
    async def gone(self, service: SmsService, wire: Any) -> None:
        wire.fault = "gone"
        assert error(await service.send_text(Sms(ANN, "hello")), Unavailable).retryable
        wire.fault = None
        assert await service.send_text(Sms(ANN, "hello")) == Ok(Accepted())

    @rule("SMS-05", "when the answer is lost, only a text with a key may be sent again, and arrives once")
    async def lost(self, service: SmsService, provider: Any, wire: Any) -> None:
        wire.fault = "lost"
        assert not error(await service.send_text(Sms(ANN, "no key")), OutcomeUnknown).retryable
        keyed = Sms(ANN, "keyed", "order 7")
        assert error(await service.send_text(keyed), Undelivered).retryable
        wire.fault = None
        assert await service.send_text(keyed) == Ok(Accepted())
        assert provider.received == [(ANN, "no key"), (ANN, "keyed")]

    @rule("SMS-06", "the text, which may be a code to log in with, is in no refusal")
    async def text_is_private(self, service: SmsService, provider: Any) -> None:
        provider.answer(ANN, 400)
        sms = Sms(ANN, "Your code is 4711")
        refused = error(await service.send_text(sms), Rejected)
        assert "4711" not in f"{sms!r} {refused!r} {refused} {service!r}"


def error(result: Result[Accepted, Undelivered], kind: type[Undelivered]) -> Any:
    """Return the error of an `Err` of that kind; anything else breaks the rule."""
    assert isinstance(result, Err), f"{kind.__name__} was expected, and it was accepted"
    assert isinstance(result.error, kind), f"{kind.__name__} was expected, not {result.error!r}"
    return result.error
