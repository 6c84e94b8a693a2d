"""Users of an API that sends a JSON list with names of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from infra_ref.gateway.errors import MalformedBody
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Request
from infra_ref.result import Err, Ok, Result
from infra_ref.sample.user import User

PATH = "/users"
ASK = HttpOptions(max_body=1_000_000)


class _Name(BaseModel):
    first: str
    last: str


class _Row(BaseModel):
    # Neither 7 for "7" nor the reverse: a peer that changes a type is noticed at once.
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: int
    mail: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    name: _Name

    def user(self) -> User:
        return User(str(self.id), self.mail, f"{self.name.first} {self.name.last}")


_ROWS = TypeAdapter(list[_Row])


class JsonUserDirectory:
    """A `UserDirectory`: `[{"id": 7, "mail": ..., "name": {"first": ..., "last": ...}}]`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def users(self) -> Result[tuple[User, ...], HttpError]:
        """Return all of them, in the order of the API."""
        match await self._http.get(PATH, ASK):
            case Ok(answer):
                try:
                    return Ok(tuple(row.user() for row in _ROWS.validate_python(answer.data)))
                except ValidationError as error:
                    why = f"{type(error).__name__} in the list of users"
                    return Err(MalformedBody.of(Request("GET", PATH), why=why, cause=error))
            case refused:
                return refused
