"""`aiida.backends` of AiiDA 0.10: what scripts of those days begin with."""
