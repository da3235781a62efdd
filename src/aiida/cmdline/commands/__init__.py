"""The commands of ``verdi``, a module for each group of them."""
