"""What the contract of containers wires: classes that need each other, well and badly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from infra_ref.factory.port import Provider, Scope

LOG: list[str] = []
"""What was made and closed, in order; each rule begins it anew."""


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
    """Needs an egg."""

    def __init__(self, egg: Egg) -> None: ...


class Egg:
    """Needs a chicken."""

    def __init__(self, chicken: Chicken) -> None: ...


class Perhaps:
    """Would make do with a store of its own."""

    def __init__(self, store: Store = Store()) -> None:  # noqa: B008 - what a default hides is the point
        self.store = store


async def opened_store() -> AsyncIterator[Store]:
    """Open a store and close it."""
    LOG.append("open store")
    try:
        yield Store()
    finally:
        LOG.append("close store")


async def opened_users(store: Store) -> AsyncIterator[Users]:
    """Open users and close them."""
    LOG.append("open users")
    try:
        yield Users(store)
    finally:
        LOG.append("close users")


async def opened_session(store: Store) -> AsyncIterator[Session]:
    """Open a session and close it, however its request ends."""
    LOG.append("open session")
    try:
        yield Session(store)
    finally:
        LOG.append("close session")


def app(gives: type[Any], make: Callable[..., Any] | None = None) -> Provider:
    """Keep it as long as the container."""
    return Provider(gives, make or gives)


def per_request(gives: type[Any], make: Callable[..., Any] | None = None) -> Provider:
    """Keep it for one request."""
    return Provider(gives, make or gives, Scope.REQUEST)


def named_one() -> Store:
    """Make another."""
    store = Store()
    store.name = "one"
    return store


def named_two() -> Store:
    """Make yet another."""
    store = Store()
    store.name = "two"
    return store
