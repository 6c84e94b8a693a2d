"""Users of an API that sends JSON page by page, each with the cursor of the next."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra_ref.gateway.errors import MalformedBody
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Request
from infra_ref.result import Err, Ok, Result
from infra_ref.sample.user import User

PATH = "/v2/customers"
ASK = HttpOptions(max_body=1_000_000)
PAGES = 1000
"""After so many pages the API is taken to go round in circles."""


class _Attributes(BaseModel):
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    display_name: str


class _Row(BaseModel):
    uuid: str
    attributes: _Attributes

    def user(self) -> User:
        return User(self.uuid, self.attributes.email, self.attributes.display_name)


class _Page(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    data: list[_Row]
    next: str | None = None


class PagedUserDirectory:
    """A `UserDirectory`: `{"data": [{"uuid": ..., "attributes": {...}}], "next": cursor or null}`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def users(self) -> Result[tuple[User, ...], HttpError]:
        """Return those of all pages, in the order of the API. A cursor that comes twice is MalformedBody."""
        users: list[User] = []
        cursors: set[str] = set()
        url = PATH
        while len(cursors) < PAGES:
            result = await self._page(url)
            if isinstance(result, Err):
                return result
            page = result.value
            users += [row.user() for row in page.data]
            if page.next is None:
                return Ok(tuple(users))
            if page.next in cursors:
                break
            cursors.add(page.next)
            url = f"{PATH}?cursor={quote(page.next, safe='')}"
        return Err(MalformedBody.of(Request("GET", url), why="pages without end"))

    async def _page(self, url: str) -> Result[_Page, HttpError]:
        match await self._http.get(url, ASK):
            case Ok(answer):
                try:
                    return Ok(_Page.model_validate(answer.data))
                except ValidationError as error:
                    why = f"{type(error).__name__} in a page of customers"
                    return Err(MalformedBody.of(Request("GET", url), why=why, cause=error))
            case refused:
                return refused
