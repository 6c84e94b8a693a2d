"""Repository: stored entities as if they were a collection in memory.

Reading order: `port`, `specification`, `query`, `refusal`, `schema`, `cursor`;
`contract` and `query_contract`; then `storage` and `stored_repository`, one
body for every store; `memory_repository`; `sqlalchemy_repository` with its
mapper, its specifications and its two ways to a database.
"""
