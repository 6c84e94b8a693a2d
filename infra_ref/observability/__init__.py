"""Observability: what a running system shows of itself, and what it must keep secret.

Reading order: `port`, then `redaction` and `measurement` in `decisions`, then the adapters
`stdlib_logger`, `recording_logger`, `memory_metrics` and `recording_metrics`.
"""
