"""Users of an API that sends XML."""

from __future__ import annotations

from typing import Annotated, Any
from xml.parsers.expat import ExpatError, ParserCreate

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra_ref.gateway.errors import MalformedBody
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Request
from infra_ref.result import Err, Ok, Result
from infra_ref.sample.user import User

PATH = "/export.xml"
ASK = HttpOptions(accept="application/xml", max_body=1_000_000)


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    no: str
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    fullname: str

    def user(self) -> User:
        return User(self.no, self.email, self.fullname)


class XmlUserDirectory:
    """A `UserDirectory`: `<customers><customer no="7"><email/><fullname/></customer></customers>`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def users(self) -> Result[tuple[User, ...], HttpError]:
        """Return all of them, in the order of the API. A document type is refused, as MalformedBody."""
        match await self._http.get(PATH, ASK):
            case Ok(answer):
                try:
                    return Ok(tuple(_Row.model_validate(row).user() for row in _rows(answer.body)))
                except (ExpatError, ValidationError, ValueError) as error:
                    why = f"{type(error).__name__} in the export"
                    return Err(MalformedBody.of(Request("GET", PATH), why=why, cause=error))
            case refused:
                return refused


def _rows(document: bytes) -> list[dict[str, str]]:
    """Return each customer's attributes and the texts of what is within, by name."""
    rows: list[dict[str, str]] = []
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if path == ["customers", "customer"]:
            rows.append(dict(attributes))
        elif path[:2] == ["customers", "customer"] and len(path) == 3:
            rows[-1].setdefault(name, "")

    def text(part: str) -> None:
        if path[:2] == ["customers", "customer"] and len(path) == 3:
            rows[-1][path[2]] += part

    def end(name: str) -> None:
        path.pop()

    def refuse(*declared: Any) -> None:
        raise ValueError("a document type, which could name entities without end or files of ours")

    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
    parser.Parse(document, True)
    return rows
