"""`infra-ref dead-letters`: look at what a queue gave up, send it again or throw it away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra_ref.workbench.refused import Refused

if TYPE_CHECKING:
    from infra_ref.event_bus.dead_letter_port import DeadLetter, DeadLetterQueue


class Action(StrEnum):
    """What to do."""

    LIST = "list"
    SHOW = "show"
    REDRIVE = "redrive"
    DISCARD = "discard"


def dead_letters(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    letter: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The letter to show, redrive or discard.")
    ] = None,
    url: Annotated[
        str,
        typer.Option(envvar="INFRA_REF_QUEUE_URL", help="The queue: redis://host:6379/0, nats://host:4222."),
    ] = "",
    name: Annotated[str, typer.Option(envvar="INFRA_REF_QUEUE_NAME", help="The name of the queue.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="List at most that many.")] = 100,
    after: Annotated[str | None, typer.Option(metavar="ID", help="List those after this letter.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for machines.")] = False,
) -> None:
    """List, show, redrive or discard the dead letters of a queue.

    A redriven message keeps the event's id and goes to the group that failed,
    and to no other; its letter is gone.
    """
    if not url or not name:
        raise Refused("Say which queue: --url redis://host:6379/0 --name shop.")
    if url.startswith(("memory:", "fakeredis:")):
        raise Refused(f"{url} is in this process alone, and empty: give the URL of a server.")
    if (letter is None) != (action is Action.LIST):
        raise Refused("`list` takes no id; `show`, `redrive` and `discard` take one, which `list` prints.")
    asyncio.run(_do(action, letter or "", url, name, limit=limit, after=after, as_json=as_json))


async def _do(
    action: Action, letter_id: str, url: str, name: str, *, limit: int, after: str | None, as_json: bool
) -> None:
    async with _opened(url, name) as dead:
        if action is Action.LIST:
            letters = await dead.letters(limit=limit, after=after)
            _print_all(letters, as_json=as_json)
            return
        letter = await dead.show(letter_id)
        if letter is None:
            raise Refused(f"There is no dead letter {letter_id!r} in {name!r}.")
        if action is Action.SHOW:
            print(json.dumps(_plain(letter), indent=1) if as_json else _whole(letter))
            return
        if action is Action.REDRIVE:
            await dead.redrive(letter_id)
        else:
            await dead.discard(letter_id)
    done = "redriven" if action is Action.REDRIVE else "discarded"
    print(json.dumps({"id": letter_id, "done": done}) if as_json else f"{letter_id} {done}")


@asynccontextmanager
async def _opened(url: str, name: str) -> AsyncGenerator[DeadLetterQueue]:
    from infra_ref.event_bus.make_event_queue import make_event_queue
    from infra_ref.failures import Refused as Failed

    try:
        async with make_event_queue(url, name=name) as (_, dead):
            yield dead
    except Failed as failed:
        raise Refused(f"{str(failed).capitalize()}.") from failed
    except (ValueError, ModuleNotFoundError) as error:
        raise Refused(f"{str(error).capitalize()}.") from error
    except OSError as error:
        raise Refused(f"The server at {_without_secrets(url)} was not reached.") from error


def _without_secrets(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _print_all(letters: list[DeadLetter], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_plain(letter) for letter in letters], indent=1))
        return
    for letter in letters:
        when = f"{letter.time:%Y-%m-%d %H:%M:%S}Z"
        print(f"{letter.id}  {when}  {letter.attempts} attempts  {_line(letter.reason)}")
    if not letters:
        print("no dead letters")


def _line(reason: str) -> str:
    return " ".join(reason.split())[:120]


def _whole(letter: DeadLetter) -> str:
    plain = _plain(letter)
    return "\n".join(f"{name:>10}  {value}" for name, value in plain.items())


def _plain(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "event": letter.message.id,
        "subject": letter.message.key,
        "generation": letter.message.generation,
        "origin": letter.origin,
        "attempts": letter.attempts,
        "time": letter.time.isoformat(),
        "reason": letter.reason,
        "body": letter.message.body.decode(errors="backslashreplace"),
    }
