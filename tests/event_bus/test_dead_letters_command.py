"""`infra-ref dead-letters` on real servers."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.make_event_queue import make_event_queue
from infra_ref.event_bus.queue_port import Message


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from infra_ref.workbench.cli import main; main()", "dead-letters", *args],
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.fixture
def queue(valkey: Path) -> tuple[str, ...]:
    """Give the options that name a queue with two dead letters."""
    url, name = f"unix://{valkey}", f"infra_ref/test/{secrets.token_hex(4)}"

    async def fill() -> None:
        async with make_event_queue(url, name=name) as (_, dead):
            for n in (1, 2):
                message = Message(id=str(n), key="k", body=b'{"a": 1}')
                time = datetime(2026, 1, 1, tzinfo=UTC)
                await dead.put(
                    DeadLetter(
                        message=message,
                        reason="ValueError: no\naddress",
                        attempts=5,
                        origin="mailer",
                        time=time,
                    )
                )

    run(fill())
    return "--url", url, "--name", name


def test_letters_are_listed_shown_redriven_and_discarded(queue: tuple[str, ...]) -> None:
    listed = command("list", *queue)
    assert listed.stdout.splitlines() == [
        "mailer/1.0  2026-01-01 00:00:00Z  5 attempts  ValueError: no address",
        "mailer/2.0  2026-01-01 00:00:00Z  5 attempts  ValueError: no address",
    ]
    shown: Any = json.loads(command("show", "mailer/1.0", *queue, "--json").stdout)
    assert (shown["event"], shown["body"], shown["attempts"]) == ("1", '{"a": 1}', 5)
    assert command("redrive", "mailer/1.0", *queue).stdout == "mailer/1.0 redriven\n"
    assert json.loads(command("discard", "mailer/2.0", *queue, "--json").stdout)["done"] == "discarded"
    assert command("list", *queue).stdout == "no dead letters\n"

    async def sent() -> list[tuple[str, int, str | None]]:
        async with make_event_queue(queue[1], name=queue[3]) as (messages, _):
            got = await (await messages.join("look")).receive()
        return [(one.message.id, one.message.generation, one.message.to) for one in got]

    assert run(sent()) == [("1", 1, "mailer")]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("list",), "Say which queue"),
        (("list", "--url", "memory://", "--name", "x"), "in this process alone"),
        (("list", "--url", "amqp://h", "--name", "x"), "No queue is known for 'amqp' URLs"),
        (("show", "--url", "redis://h", "--name", "x"), "take one, which `list` prints"),
        (("list", "--url", "nats://u:secret@127.0.0.1:1", "--name", "x"), "not reached"),
        (("list", "--url", "redis://127.0.0.1:1", "--name", "x"), "could not list dead letters"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(args: tuple[str, ...], says: str) -> None:
    done = command(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert says.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_letter_that_is_not_there(queue: tuple[str, ...]) -> None:
    done = command("redrive", "nobody/9.0", *queue)
    assert (done.returncode, "no dead letter 'nobody/9.0'" in done.stderr) == (2, True)
