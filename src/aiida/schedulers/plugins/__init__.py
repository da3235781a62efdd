"""The schedulers that come with the package."""
