"""Configuration: one checked object of settings, from named sources, that can be reloaded whole.

Reading order: `port`, `settings`, `loading`, `reloading_configuration`, `folder_watch`.
"""
