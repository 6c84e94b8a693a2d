"""`PagedUserDirectory` keeps every rule of its contract, over HTTP in memory."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.sample.adapters.paged_user_directory import PagedUserDirectory
from infra_ref.sample.contracts.user_directory_contract import UserDirectoryContract

PATH = "/v2/customers"


class TestPagedUserDirectory(UserDirectoryContract):
    @cached_property
    def _peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self) -> PagedUserDirectory:
        return PagedUserDirectory(MemoryHttpClient(self._peer))

    def answer(self, *parts: Any) -> None:
        self._peer.answer(PATH, Answer(*parts))

    def publish(self, users: Any) -> None:
        rows = [
            {"uuid": u.id, "attributes": {"email": u.email, "display_name": u.name, "vip": True}}
            for u in users
        ]
        pages = [[row] for row in rows] or [[]]
        cursors = [f"c&{number}" for number in range(1, len(pages))] + [None]
        self._peer.answer(
            PATH, *(json_answer({"data": p, "next": c}) for p, c in zip(pages, cursors, strict=True))
        )
