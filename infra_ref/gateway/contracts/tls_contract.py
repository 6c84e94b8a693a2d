"""What a client promises about TLS. The adapter opens a client, given an SSLContext or None."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.gateway.contracts.peer_contract import failure, value
from infra_ref.gateway.errors import TlsFailed
from infra_ref.gateway.exchange.scripted_server import ScriptedServer, json_answer
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions

ONCE = HttpOptions(attempts=1, timeout=5.0)


@dataclass(frozen=True, slots=True)
class Certified:
    """Peers called `localhost` that differ in their certificates, and the files to meet them with.

    `authority` is the file of the one that signed all but that of `stranger`;
    `ours` that of a client's certificate and key, which only `asks` wants.
    `other_name` has the certificate of another host, and `plain` knows no TLS.
    """

    authority: str
    ours: str
    good: ScriptedServer
    stranger: ScriptedServer
    other_name: ScriptedServer
    expired: ScriptedServer
    plain: ScriptedServer
    asks: ScriptedServer


class TlsContract(Contract):
    """`make` returns what opens a client: `async with open_client(context) as client`."""

    port = HttpClient
    peers: Any = tool("peers of all kinds of certificates, as a Certified")

    @rule("TLS-01", "a peer whose certificate holds is answered by")
    async def good(self, open_client: Any, peers: Certified) -> None:
        async with open_client(self._trusting(peers)) as client:
            value(await client.get(asked(peers.good), ONCE))

    @rule("TLS-02", "a certificate of an unknown authority is TlsFailed, and nothing is sent")
    async def stranger(self, open_client: Any, peers: Certified) -> None:
        await self._refused(open_client, peers, peers.stranger)

    @rule("TLS-03", "so is one for the name of another host")
    async def other_name(self, open_client: Any, peers: Certified) -> None:
        await self._refused(open_client, peers, peers.other_name)

    @rule("TLS-04", "so is one that has expired")
    async def expired(self, open_client: Any, peers: Certified) -> None:
        await self._refused(open_client, peers, peers.expired)

    @rule("TLS-05", "a peer that knows no TLS is TlsFailed, and is not called without it")
    async def plain(self, open_client: Any, peers: Certified) -> None:
        await self._refused(open_client, peers, peers.plain)

    @rule("TLS-06", "a peer that asks for a certificate of the client gets it")
    async def shows_its_own(self, open_client: Any, peers: Certified) -> None:
        context = self._trusting(peers)
        context.load_cert_chain(peers.ours)
        async with open_client(context) as client:
            value(await client.get(asked(peers.asks), ONCE))

    @rule("TLS-07", "a client that was given none shows none, and the peer's refusal is an error")
    async def has_none(self, open_client: Any, peers: Certified) -> None:
        async with open_client(self._trusting(peers)) as client:
            failure(await client.get(asked(peers.asks), ONCE), HttpError)  # servers differ in how they refuse
        assert peers.asks.received == []

    @rule("TLS-08", "without a context the machine's authorities are trusted, and no others")
    async def by_default(self, open_client: Any, peers: Certified) -> None:
        async with open_client(None) as client:
            failure(await client.get(asked(peers.good), ONCE), TlsFailed)
        assert peers.good.received == []

    async def _refused(self, open_client: Any, peers: Certified, peer: ScriptedServer) -> None:
        async with open_client(self._trusting(peers)) as client:
            error = failure(await client.get(asked(peer), ONCE), TlsFailed)
        assert (error.retryable, error.peer_failed) == (False, True)
        assert peer.received == []

    @staticmethod
    def _trusting(peers: Certified) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=peers.authority)


def asked(peer: ScriptedServer) -> str:
    """Return a URL that this peer answers, over TLS."""
    peer.answer("/a", json_answer({}))
    return f"https://{peer.url.partition('://')[2]}/a"
