"""The linter: finds anti-patterns of the infrastructure layer in any project.

Reading order: `finding`, `module`, `kinds`, `acts`, `project`, and any of `rules`.
"""
