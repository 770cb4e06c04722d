"""The tests of the channels."""
