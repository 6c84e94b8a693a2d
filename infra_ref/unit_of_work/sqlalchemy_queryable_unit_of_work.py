"""A unit of work on SQL, whose repositories answer queries."""

from __future__ import annotations

from sqlalchemy import Connection

from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from infra_ref.unit_of_work.tracking.tracking_queryable_unit_of_work import TrackingQueryableUnitOfWork


class SqlAlchemyQueryableUnitOfWork(TrackingQueryableUnitOfWork[Connection], SqlAlchemyUnitOfWork):
    """A `QueryableUnitOfWork` over `SqlAlchemyQueryableRepository`s of one database."""
