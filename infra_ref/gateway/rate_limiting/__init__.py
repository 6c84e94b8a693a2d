"""Rate limiters: what they keep of the last calls, in memory and on a shared server."""
