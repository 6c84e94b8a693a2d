"""What a directory of users promises, whatever the API behind it looks like.

An anti-corruption layer (Evans, Domain-Driven Design, chapter 14): each adapter
knows one API's words and shapes, and none of them comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.errors import BodyTooLarge, MalformedBody, ServerFailed
from infra_ref.gateway.port import HttpError
from infra_ref.result import Err, Ok
from infra_ref.sample.user import User
from infra_ref.sample.user_directory_port import UserDirectory

ADA, BOB = User("7", "ada@example.org", "Ada Lovelace"), User("12", "bob@example.org", "Bob Øre & Söhne")


class UserDirectoryContract(Contract):
    """Needs an API whose answers can be set: users in its own shape, or anything."""

    port = UserDirectory
    publish: Callable[..., None] = tool("a function that makes the API answer with these users")
    answer: Callable[[int, bytes, Mapping[str, str]], None] = tool(
        "a function that makes the API answer just that"
    )

    @rule("DIR-01", "users come in the domain's shape, in the order of the API")
    async def translates(self, directory: UserDirectory, publish: Any) -> None:
        publish([ADA, BOB])
        assert await directory.users() == Ok((ADA, BOB))

    @rule("DIR-02", "none is none, and not an error")
    async def empty(self, directory: UserDirectory, publish: Any) -> None:
        publish([])
        assert await directory.users() == Ok(())

    @rule("DIR-03", "one user that cannot be understood is MalformedBody: no half list, no half-made user")
    async def malformed(self, directory: UserDirectory, publish: Any) -> None:
        emails: tuple[Any, ...] = ("no address", "", None)
        for email in emails:
            publish([ADA, User("12", email, "Bob")])
            _failed(await directory.users(), MalformedBody)

    @rule("DIR-04", "the failure of an API is returned as it is")
    async def fails(self, directory: UserDirectory, answer: Any) -> None:
        answer(503, b"", {})
        _failed(await directory.users(), ServerFailed)

    @rule("DIR-05", "an answer without end is refused")
    async def endless(self, directory: UserDirectory, answer: Any) -> None:
        kinds = {"content-type": "application/json"}, {"content-type": "application/xml"}
        results = [await self._huge(directory, answer, kind) for kind in kinds]
        assert any(isinstance(result, Err) and isinstance(result.error, BodyTooLarge) for result in results)

    @rule("DIR-06", "the error about a user that cannot be understood holds none of the user's data")
    async def hides(self, directory: UserDirectory, publish: Any) -> None:
        publish([User("7", "swordfish", "swordfish")])
        error = _failed(await directory.users(), MalformedBody)
        assert "swordfish" not in f"{error} {error!r}"

    async def _huge(self, directory: UserDirectory, answer: Any, headers: dict[str, str]) -> Any:
        answer(200, b" " * 2_000_000, headers)
        return await directory.users()


def _failed(result: Any, kind: type[HttpError]) -> HttpError:
    return failure(result, kind)
