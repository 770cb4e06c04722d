"""The kinds of notification, one file each; the registry finds them by file name."""
