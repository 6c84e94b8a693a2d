"""File storage: files by path, in a folder or a bucket; whole or not at all.

Reading order: `port`, `errors`, `arguments`, `memory_file_storage`, `local_file_storage`.
"""
