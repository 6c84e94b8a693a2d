"""The linter: finds anti-patterns of the infrastructure layer in any project.

Reading order: `finding`, `module`, `kinds`, `flow`, `rules`, `project`, `command`.
"""
