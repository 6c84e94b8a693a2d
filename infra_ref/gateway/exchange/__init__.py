"""One HTTP exchange, as all clients share it: what goes out and what an answer means; no I/O."""
