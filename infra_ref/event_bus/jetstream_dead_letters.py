"""Dead letters on NATS."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from contextlib import suppress
from datetime import datetime

from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError, NoKeysError
from nats.js.kv import KeyValue

from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.jetstream.lease import trip
from infra_ref.event_bus.queue_port import Message, MessageQueue, checked_group


class JetStreamDeadLetters:
    """A `DeadLetterQueue` in the bucket `name`-dead; `redrive` sends to `queue`. Listing reads them all."""

    def __init__(
        self, js: JetStreamContext, queue: MessageQueue, *, name: str, timeout: float = 5.0, replicas: int = 1
    ) -> None:
        self._js, self._queue, self._timeout = js, queue, timeout
        self._config = KeyValueConfig(f"{checked_group(name)}-dead", replicas=replicas)
        self._opened: KeyValue | None = None

    async def put(self, letter: DeadLetter) -> None:
        async with trip(f"put dead letter {letter.id!r}", self._timeout):
            bucket = await self._bucket()
            with suppress(KeyWrongLastSequenceError):  # it is there already
                await bucket.create(_key(letter.id), _written(letter))

    async def letters(self, *, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
        async with trip("list dead letters", self._timeout):
            bucket = await self._bucket()
            try:
                found = [await bucket.get(key) for key in await bucket.keys()]
            except NoKeysError:
                return []
        entries = sorted(found, key=lambda entry: entry.revision or 0)
        letters = [_read(entry.value or b"") for entry in entries]
        start = 1 + next((n for n, letter in enumerate(letters) if letter.id == after), -1)
        return letters[start : start + limit]

    async def show(self, letter_id: str) -> DeadLetter | None:
        async with trip(f"show dead letter {letter_id!r}", self._timeout):
            try:
                return _read((await (await self._bucket()).get(_key(letter_id))).value or b"")
            except KeyNotFoundError:
                return None

    async def redrive(self, letter_id: str) -> bool:
        letter = await self.show(letter_id)
        if letter is None:
            return False
        await self._queue.send([letter.again()])
        await self.discard(letter_id)
        return True

    async def discard(self, letter_id: str) -> bool:
        if await self.show(letter_id) is None:
            return False
        async with trip(f"discard dead letter {letter_id!r}", self._timeout):
            return await (await self._bucket()).purge(_key(letter_id))

    async def _bucket(self) -> KeyValue:
        if self._opened is None:
            self._opened = await self._js.create_key_value(self._config)
        return self._opened


def _key(letter_id: str) -> str:
    return urlsafe_b64encode(letter_id.encode()).decode()


def _written(letter: DeadLetter) -> bytes:
    one = letter.message
    message = {"id": one.id, "key": one.key, "generation": one.generation, "to": one.to}
    body, time = b64encode(one.body).decode(), letter.time.isoformat()
    more = {"reason": letter.reason, "attempts": letter.attempts, "origin": letter.origin, "time": time}
    return json.dumps({"message": message, "body": body, **more}).encode()


def _read(value: bytes) -> DeadLetter:
    plain = json.loads(value)
    return DeadLetter(
        message=Message(**plain["message"], body=b64decode(plain["body"])),
        reason=plain["reason"],
        attempts=plain["attempts"],
        origin=plain["origin"],
        time=datetime.fromisoformat(plain["time"]),
    )
