"""What a running system tells about itself, and what it must keep to itself.

Reading order: `port`, then `redaction` and `measurement` in `decisions`, then the adapters
`stdlib_logger`, `recording_logger`, `memory_metrics` and `recording_metrics`.
"""
