"""Clients are held to what they promise about TLS, on real servers, and each rule has a broken one."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import trustme

from infra_ref.contract import Rule, Verdict, run
from infra_ref.gateway.aiohttp_http_client import AiohttpHttpClient
from infra_ref.gateway.contracts.tls_contract import ONCE, Certified, TlsContract, asked
from infra_ref.gateway.errors import TlsFailed, Unreachable
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Request
from infra_ref.gateway.public_addresses import PublicAddresses
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.result import Err, Ok
from tests.gateway.clients import each_client

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of certificates, by what is special about them; `authority` signed all but `stranger`."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    leaves = {
        "good": authority.issue_cert("localhost"),
        "stranger": trustme.CA().issue_cert("localhost"),
        "other_name": authority.issue_cert("other.test"),
        "expired": authority.issue_cert(
            "localhost", not_before=LONG_AGO, not_after=LONG_AGO + timedelta(days=1)
        ),
        "client": authority.issue_cert("client@example.com"),
    }
    authority.cert_pem.write_to_path(str(folder / "authority"))
    for name, leaf in leaves.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / name))
    return {path.name: str(path) for path in folder.iterdir()}


KINDS = ("good", "stranger", "other_name", "expired", "asks")


@asynccontextmanager
async def certified(files: dict[str, str]) -> AsyncIterator[Certified]:
    async with AsyncExitStack() as opened:
        peers = {"plain": await opened.enter_async_context(LoopbackServer())}
        for kind in KINDS:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files["authority"])
            context.load_cert_chain(files.get(kind, files["good"]))
            if kind == "asks":
                context.verify_mode = ssl.CERT_REQUIRED
            if kind == "good":
                context.minimum_version = ssl.TLSVersion.TLSv1_3
            peers[kind] = await opened.enter_async_context(LoopbackServer(tls=context))
        yield Certified(files["authority"], files["client"], **peers)


class OnServers(TlsContract):
    @pytest.fixture(autouse=True)
    def _with_files(self, files: dict[str, str]) -> None:
        self.files = files

    async def hold(self, one: Rule) -> Verdict:
        async with certified(self.files) as self.peers:
            return await super().hold(one)


@asynccontextmanager
async def on_httpx(context: ssl.SSLContext | None, kind: Any = HttpxHttpClient) -> AsyncIterator[HttpClient]:
    trust: Any = True if context is None else context
    async with httpx.AsyncClient(verify=trust, trust_env=False) as client:
        yield kind(client)


@asynccontextmanager
async def on_httpx2(context: ssl.SSLContext | None) -> AsyncIterator[HttpClient]:
    trust: Any = True if context is None else context
    async with httpx2.AsyncClient(verify=trust, trust_env=False) as client:
        yield HttpxHttpClient(client)  # type: ignore[arg-type]  # the same interface under another name


@asynccontextmanager
async def on_aiohttp(context: ssl.SSLContext | None) -> AsyncIterator[HttpClient]:
    connector = aiohttp.TCPConnector(ssl=True if context is None else context)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield AiohttpHttpClient(session)


class TestHttpxTls(OnServers):
    def make(self) -> Any:
        return on_httpx


class TestHttpx2Tls(OnServers):
    def make(self) -> Any:
        return on_httpx2


class TestAiohttpTls(OnServers):
    def make(self) -> Any:
        return on_aiohttp


def after(change: Callable[[Request, Any], Awaitable[Any]]) -> Any:
    """Return what opens a client that looks at results before it gives them."""

    class Changed(HttpxHttpClient):
        async def send(self, request: Request) -> Any:
            return await change(request, await super().send(request))

    return lambda context: on_httpx(context, Changed)


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def why(result: Any) -> str:
    return str(result.error.cause) if isinstance(result, Err) else ""


def shrugs_at(words: str) -> Any:
    """Call again, unverified, when the library complains in these words."""

    async def again(request: Request, result: Any) -> Any:
        if words not in why(result):
            return result
        async with on_httpx(unverified()) as client:
            return await client.send(request)

    return after(again)


def old_tls_only(context: ssl.SSLContext | None) -> Any:
    if context is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return on_httpx(context)


def no_name(context: ssl.SSLContext | None) -> Any:
    if context is not None:
        context.check_hostname = False
    return on_httpx(context)


async def without_tls(request: Request, result: Any) -> Any:
    if "wrong version number" not in why(result).lower().replace("_", " "):
        return result
    async with on_httpx(None) as client:
        return await client.send(replace(request, url=request.url.replace("https:", "http:")))


def keeps_its_own_back(context: ssl.SSLContext | None) -> Any:
    if context is None:
        return on_httpx(None)
    return on_httpx(ssl.create_default_context(cadata=context.get_ca_certs(binary_form=True)[0]))


def trusts_anybody(context: ssl.SSLContext | None) -> Any:
    return on_httpx(context or unverified())


def shows_what_it_finds(context: ssl.SSLContext | None) -> Any:
    if context is not None:
        context.load_cert_chain(found["client"])
    return on_httpx(context)


found: dict[str, str] = {}
"""The files that lie about, once there are any."""

BROKEN: dict[str, Any] = {
    "TLS-01": old_tls_only,
    "TLS-02": shrugs_at("unable to get local issuer certificate"),
    "TLS-03": no_name,
    "TLS-04": shrugs_at("certificate has expired"),
    "TLS-05": after(without_tls),
    "TLS-06": keeps_its_own_back,
    "TLS-07": shows_what_it_finds,
    "TLS-08": trusts_anybody,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in TlsContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str, files: dict[str, str]) -> None:
    class Broken(OnServers):
        def make(self) -> Any:
            return BROKEN[number]

    Broken.files = files
    found.update(files)
    report = run(Broken.verify())
    assert report.broken == (number,), report


class Lenient(PublicAddresses):
    async def address(self, host: str, port: int) -> Any:
        return Ok("127.0.0.1")


@each_client
def test_a_client_bound_to_an_address_still_asks_for_the_name(opened: Any, files: dict[str, str]) -> None:
    async def check() -> None:
        async with certified(files) as peers:
            trusted = ssl.create_default_context(cafile=files["authority"])
            async with opened(tls=trusted, guard=Lenient()) as bound:
                assert isinstance(await bound.get(asked(peers.good), ONCE), Ok)
                refused = await bound.get(asked(peers.other_name), ONCE)
                assert isinstance(refused, Err)
                assert isinstance(refused.error, TlsFailed)

    run(check())


@contextmanager
def accepting(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Hand one connection to `serve`, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def work() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(5)
                serve(connection)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield f"https://localhost:{listening.getsockname()[1]}/a"
        finally:
            thread.join()


@each_client
def test_a_refusal_after_the_handshake_is_one_of_tls(opened: Any, files: dict[str, str]) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files["authority"])
    server.load_cert_chain(files["good"])
    server.minimum_version, server.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED

    def refuse(connection: socket.socket) -> None:
        with server.wrap_socket(connection.dup(), server_side=True, do_handshake_on_connect=False) as talk:
            talk.settimeout(5)
            with pytest.raises(ssl.SSLError, match="did not return a certificate"):
                talk.do_handshake()
            while connection.recv(4096):  # what is unread when it closes would take the refusal along
                pass

    error = got_from(refuse, opened, files)
    assert (type(error), error.retryable) == (TlsFailed, False)


@each_client
def test_a_line_that_is_cut_in_the_handshake_is_worth_another_try(opened: Any, files: dict[str, str]) -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(4096)

    error = got_from(cut, opened, files)
    assert (type(error), error.retryable) == (Unreachable, True)


def got_from(serve: Callable[[socket.socket], None], opened: Any, files: dict[str, str]) -> HttpError:
    async def check() -> HttpError:
        with accepting(serve) as url:
            async with opened(tls=ssl.create_default_context(cafile=files["authority"])) as client:
                refused = await client.get(url, ONCE)
        assert isinstance(refused, Err)
        return refused.error

    return run(check())


def test_options_cannot_turn_verification_off() -> None:
    names = {one.name for one in fields(HttpOptions)}
    assert not {name for name in names if any(word in name for word in ("verify", "tls", "ssl", "cert"))}
