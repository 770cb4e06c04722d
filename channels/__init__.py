"""The types of channel, one file or package each; the registry finds them by file name."""
