"""The transports that come with the package."""
