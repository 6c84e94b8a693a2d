"""`JsonUserDirectory` keeps every rule of its contract, over HTTP in memory."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.sample.adapters.json_user_directory import JsonUserDirectory
from infra_ref.sample.contracts.user_directory_contract import UserDirectoryContract

PATH = "/users"


class TestJsonUserDirectory(UserDirectoryContract):
    @cached_property
    def _peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self) -> JsonUserDirectory:
        return JsonUserDirectory(MemoryHttpClient(self._peer))

    def answer(self, *parts: Any) -> None:
        self._peer.answer(PATH, Answer(*parts))

    def publish(self, users: Any) -> None:
        rows = [(user, *user.name.partition(" ")[::2]) for user in users]
        data = [
            {"id": int(u.id), "mail": u.email, "name": {"first": first, "last": last}, "shoe": 42}
            for u, first, last in rows
        ]
        self._peer.answer(PATH, json_answer(data))
