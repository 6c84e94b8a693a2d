"""Reference implementations of the patterns between a domain and the outside world.

Start with `result` and `contract`, then open any pattern at its `port`.
"""

__version__ = "0.1.0"
