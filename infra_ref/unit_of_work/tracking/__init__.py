"""The body of a unit of work on any database: it tracks entities, and writes what has changed."""
