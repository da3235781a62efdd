"""From a description of a query to SQL, and from rows back to values.

The rooms above describe what they ask as a :class:`~aiida.storage.query.tree.Query`, a plain tree that names entities,
columns and joins; :func:`~aiida.storage.query.compiler.compile_query` makes a statement of it for the dialect of a
store. SQLAlchemy only writes the SQL text; it is imported when the first query is compiled.
"""
