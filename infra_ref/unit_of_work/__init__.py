"""Unit of work: changes that are written together, or not at all.

Reading path: `port`, `tracking/identity_map`, `tracking/tracking_repository`,
`tracking/tracking_unit_of_work`, `sqlalchemy_unit_of_work`.

`memory_unit_of_work` is the fake; `in_unit` runs work again after a conflict. `query_port` adds
queries inside a unit.
"""
