"""Unit of work: changes that are kept together, written together, and hold together or not at all.

Reading order: `port`; `contract`, whose rules are in `writing_contract`, `undoing_contract`,
`refusing_contract` and `publishing_contract`, all on `accounts_contract`; `tracking`,
`tracked_repository`, `tracking_unit_of_work`, which are the same on every database; `in_unit`.
"""
