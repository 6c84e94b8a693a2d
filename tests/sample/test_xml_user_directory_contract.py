"""`XmlUserDirectory` keeps every rule of its contract, over HTTP in memory."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from xml.sax.saxutils import escape

from infra_ref.gateway.exchange.scripted_server import Answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.sample.adapters.xml_user_directory import XmlUserDirectory
from infra_ref.sample.contracts.user_directory_contract import UserDirectoryContract

PATH = "/export.xml"


class TestXmlUserDirectory(UserDirectoryContract):
    @cached_property
    def _peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self) -> XmlUserDirectory:
        return XmlUserDirectory(MemoryHttpClient(self._peer))

    def answer(self, *parts: Any) -> None:
        self._peer.answer(PATH, Answer(*parts))

    def publish(self, users: Any) -> None:
        rows = "".join(
            f"<customer no='{u.id}' shoe='42'>"
            + ("" if u.email is None else f"<email>{escape(u.email)}</email>")
            + f"<fullname>{escape(u.name)}</fullname><x><y>1</y></x></customer>"
            for u in users
        )
        document = f"<?xml version='1.0' encoding='utf-8'?><customers>{rows}</customers>"
        self.answer(200, document.encode(), {"content-type": "application/xml"})
