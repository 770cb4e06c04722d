"""The places notifications come from, one file each; the registry finds the types of feeds by file name."""
