"""Practice platforms: loopback servers that speak the networks' APIs, for demos, drills and tests."""
