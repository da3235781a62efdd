"""The SSH protocol: connections, commands and files. The transports of ``aiida.transports.plugins`` are made of it.

Everything here runs on an event loop in a thread of its own (:mod:`aiida.transports.ssh.loop`), whatever thread or loop
the caller is in. ``asyncssh`` is imported when the first connection is made.
"""
