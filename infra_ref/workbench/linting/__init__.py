"""The linter: finds anti-patterns of the infrastructure layer in any project.

Reading order: `finding`, `module`, `kinds`, `acts`, `project`, and any of `rules`; then `command`, which
asks `other_tools` too, leaves out what `narrowing` tells, and prints as `output` says.
"""
