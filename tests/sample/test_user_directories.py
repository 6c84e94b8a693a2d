"""Three APIs of three shapes, one domain shape: each adapter is held to the same contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.gateway.errors import MalformedBody
from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.json_user_directory import JsonUserDirectory
from infra_ref.sample.adapters.paged_user_directory import PagedUserDirectory
from infra_ref.sample.adapters.xml_user_directory import XmlUserDirectory
from infra_ref.sample.contracts.user_directory_contract import ADA, BOB, UserDirectoryContract
from tests.sample import test_json_user_directory_contract as json_contract


def held(kind: type[JsonUserDirectory]) -> type[UserDirectoryContract]:
    class Held(json_contract.TestJsonUserDirectory):
        def make(self) -> Any:
            return kind(MemoryHttpClient(self._peer))

    return Held


def xml(text: str) -> Answer:
    return Answer(200, text.encode(), {"content-type": "application/xml"})


# Broken ones


class Raw(JsonUserDirectory):
    """Changes what comes out."""

    def changed(self, result: Any, data: Any) -> Any:
        return result

    async def users(self) -> Any:
        seen: list[Any] = []
        real = self._http

        class Looks:
            async def get(self, *args: Any) -> Any:
                seen.append(await real.get(*args))
                return seen[0]

        self._http = Looks()  # type: ignore[assignment]
        try:
            return self.changed(await super().users(), seen[0])
        finally:
            self._http = real


class Sorts(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        return Ok(tuple(sorted(result.value, key=lambda user: user.id))) if isinstance(result, Ok) else result


class NoneIsAnError(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        return Err(None) if result == Ok(()) else result


class SkipsBad(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        bad = isinstance(result, Err) and isinstance(result.error, MalformedBody) and len(data.value.data) > 1
        return Ok((ADA,)) if bad else result


class Swallows(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        return Ok(()) if isinstance(data, Err) and type(data.error).__name__ == "ServerFailed" else result


class ReadsAll(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        return Ok(()) if isinstance(data, Err) and type(data.error).__name__ == "BodyTooLarge" else result


class Quotes(Raw):
    def changed(self, result: Any, data: Any) -> Any:
        if isinstance(result, Err) and isinstance(result.error, MalformedBody) and isinstance(data, Ok):
            error = result.error
            return Err(MalformedBody(method=error.method, url=error.url, why=json.dumps(data.value.data)))
        return result


BROKEN: dict[str, Any] = {
    "DIR-01": Sorts,
    "DIR-02": NoneIsAnError,
    "DIR-03": SkipsBad,
    "DIR-04": Swallows,
    "DIR-05": ReadsAll,
    "DIR-06": Quotes,
}


def test_each_rule_has_a_directory_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in UserDirectoryContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_directory_breaks_just_its_rule(number: str) -> None:
    report = run(held(BROKEN[number]).verify())
    assert report.broken == (number,), report


def answered(kind: Any, path: str, *answers: Answer) -> Any:
    peer = MemoryServer()
    peer.answer(path, *answers)
    return run(kind(MemoryHttpClient(peer)).users()), peer


BOMB = (
    "<!DOCTYPE c [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
    "<customers><customer no='1'><email>&b;</email></customer></customers>"
)
FILE = "<!DOCTYPE c [<!ENTITY f SYSTEM 'file:///etc/hostname'>]><customers>&f;</customers>"


@pytest.mark.parametrize("document", [BOMB, FILE, "<customers>", "", "<a/><b/>", "<customers>\0</customers>"])
def test_xml_that_is_none_or_means_harm(document: str) -> None:
    result, _ = answered(XmlUserDirectory, "/export.xml", xml(document))
    assert isinstance(result, Err)
    assert isinstance(result.error, MalformedBody)


def test_pages_are_followed_and_a_circle_of_them_ends() -> None:
    row = {"uuid": "7", "attributes": {"email": "ada@example.org", "display_name": "Ada Lovelace"}}
    result, peer = answered(
        PagedUserDirectory,
        "/v2/customers",
        json_answer({"data": [row], "next": "a b/?"}),
        json_answer({"data": []}),
    )
    assert result == Ok((ADA,))
    assert [seen.path for seen in peer.received] == ["/v2/customers", "/v2/customers?cursor=a%20b%2F%3F"]
    result, peer = answered(PagedUserDirectory, "/v2/customers", json_answer({"data": [row], "next": "same"}))
    assert isinstance(result.error, MalformedBody)
    assert len(peer.received) == 2


def test_a_type_that_changed_is_told() -> None:
    row = {"id": "7", "mail": BOB.email, "name": {"first": "Bob", "last": "B"}}
    result, _ = answered(JsonUserDirectory, "/users", json_answer([row]))
    assert isinstance(result.error, MalformedBody)
