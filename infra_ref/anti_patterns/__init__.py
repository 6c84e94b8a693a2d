"""Anti-patterns: what infrastructure code often gets wrong, as code that runs and damage that is measured.

Each file has the code as people write it (`bad`), the same in order (`repaired`), and
`measure`, which returns the damage that either does to the sample shop, in `UNIT`.

Reading path: `publish_before_commit`, `retry_without_key`, `n_plus_one`, `business_logic_in_adapter`.
"""
