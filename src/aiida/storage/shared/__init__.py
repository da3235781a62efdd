"""What the stores have in common: verbs that are the same words in both, formats of columns, transactions.

A store for a database is put together from these and from what only its database knows; no store is built from another.
"""
