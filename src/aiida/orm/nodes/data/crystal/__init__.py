"""What a crystal structure is made of: cells, species and their formulas, and the formats it is written in."""
