"""The equation of state of a crystal: a CalcJob per volume, a fit of Birch and Murnaghan, and their provenance."""
