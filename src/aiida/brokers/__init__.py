"""News between programs: what carries wake-ups and requests beside the store. None is needed on one machine."""
