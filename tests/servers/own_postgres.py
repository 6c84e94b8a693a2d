"""A database of one's own on the PostgreSQL server of the tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

from tests.repository.databases import postgres_url


@contextmanager
def own_postgres() -> Iterator[str]:
    """Make a database, give its URL, and drop it with all that is still connected to it."""
    server, name = (
        make_url(postgres_url("psycopg")).set(drivername="postgresql"),
        f"infra_ref_{secrets.token_hex(6)}",
    )
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
