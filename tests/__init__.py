"""The tests; each file is named for the file that it tests."""
