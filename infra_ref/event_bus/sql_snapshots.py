"""Snapshots in a SQL database: SQLite or PostgreSQL."""

from __future__ import annotations

import json

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.store_port import Snapshot

SNAPSHOT_TABLES = MetaData()
SNAPSHOTS = Table(
    "snapshots",
    SNAPSHOT_TABLES,
    Column("subject", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)


class SqlSnapshots:
    """A `SnapshotStore` in the table `SNAPSHOTS`."""

    def __init__(self, database: Database[Connection]) -> None:
        self._database = database

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        row = {
            "subject": snapshot.subject,
            "version": snapshot.version,
            "state": json.dumps(dict(snapshot.state)),
        }

        def work(handle: Connection) -> None:
            of_subject = SNAPSHOTS.c.subject == snapshot.subject
            there = handle.scalar(select(SNAPSHOTS.c.version).where(of_subject).with_for_update())
            if there is None:
                handle.execute(insert(SNAPSHOTS), row)
            elif there < snapshot.version:
                handle.execute(SNAPSHOTS.update().where(of_subject), row)

        await self._database.write("save a snapshot", work)

    async def get_snapshot(self, subject: str) -> Snapshot | None:
        rows = select(SNAPSHOTS).where(SNAPSHOTS.c.subject == subject)
        row = await self._database.read("get a snapshot", lambda handle: handle.execute(rows).one_or_none())
        return None if row is None else Snapshot(row.subject, row.version, json.loads(row.state))
