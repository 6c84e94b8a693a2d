"""Observability: what a running system shows of itself, and what it must keep secret.

Reading path: `port`, `decisions/redaction`, `stdlib_logger`, `memory_metrics`, `decorators/monitored`.
"""
