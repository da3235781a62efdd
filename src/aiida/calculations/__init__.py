"""The calculations that come with the package."""
