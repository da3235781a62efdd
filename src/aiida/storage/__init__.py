"""The graph at rest: what is asked of a store, and the stores that answer."""
