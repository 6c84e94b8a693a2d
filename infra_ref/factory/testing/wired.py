"""What the contract of containers wires: classes that need each other, well and badly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from infra_ref.factory.port import Provider, Scope

_journal: ContextVar[list[str]] = ContextVar("_journal")


def begin_journal() -> list[str]:
    """Begin a list of what is made and closed from now on, for this task and those that it starts."""
    _journal.set([])
    return _journal.get()


def note(line: str) -> None:
    """Write a line into the journal."""
    _journal.get([]).append(line)


class Mail(Protocol):
    """A port that something else fulfils."""

    def send(self) -> str:
        """Say who sends."""
        ...


class Store:
    """Needs nothing."""

    name = "store"


@dataclass
class Users:
    """Needs a store."""

    store: Store


@dataclass
class Orders:
    """Needs users, and so a store."""

    users: Users


@dataclass(eq=False)
class Session:
    """Lives for one request."""

    store: Store


@dataclass
class Keeps:
    """Would keep a session for ever."""

    session: Session


@dataclass
class Newsletter:
    """Needs mail."""

    mail: Mail


class Mailer:
    """Is mail, and needs what needs mail."""

    def __init__(self, newsletter: Newsletter) -> None:
        self.newsletter = newsletter

    def send(self) -> str:
        """Say who sends."""
        return "mailer"


class Chicken:
    """It and an egg need each other."""

    def __init__(self, egg: Egg) -> None: ...


class Egg:
    """It and a chicken need each other."""

    def __init__(self, chicken: Chicken) -> None: ...


class Perhaps:
    """Would make do with a store of its own."""

    def __init__(self, store: Store = Store()) -> None:  # noqa: B008 - what a default hides is the point
        self.store = store


async def opened_store() -> AsyncIterator[Store]:
    """Open a store and close it."""
    note("open store")
    try:
        yield Store()
    finally:
        note("close store")


async def opened_users(store: Store) -> AsyncIterator[Users]:
    """Open users and close them."""
    note("open users")
    try:
        yield Users(store)
    finally:
        note("close users")


async def opened_session(store: Store) -> AsyncIterator[Session]:
    """Open a session and close it, however its request ends."""
    note("open session")
    try:
        yield Session(store)
    finally:
        note("close session")


def app(gives: type[Any], make: Callable[..., Any] | None = None) -> Provider:
    """Keep it as long as the container."""
    return Provider(gives, make or gives)


def per_request(gives: type[Any], make: Callable[..., Any] | None = None) -> Provider:
    """Keep it for one request."""
    return Provider(gives, make or gives, Scope.REQUEST)


def named(name: str) -> Callable[[], Store]:
    """Return what makes a store of that name."""

    def make() -> Store:
        store = Store()
        store.name = name
        return store

    return make
