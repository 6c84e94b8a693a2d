"""Repository: stored entities as if they were a collection in memory.

Reading path: `port`, `errors`, `schema`, `memory_repository`, `sqlalchemy_repository`.

These are the first layer. `specification_port` and `query_port` add finding and
paging; `queries` has the body of both, `memory_queryable_repository` and
`sqlalchemy_queryable_repository` the adapters. `sqlalchemy_database` and
`sqlalchemy_sqlite_database` take work to a database; `mapper_port` is what a unit
of work asks of a repository; `api_repository` stands on an HTTP API.
"""
