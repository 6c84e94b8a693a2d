"""Factory: from one settings object to a running infrastructure, opened in order and closed in reverse.

Reading order: `port`, `resources`, `build`, `wiring`, `plain_container`.
"""
