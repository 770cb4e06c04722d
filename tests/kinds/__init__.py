"""Tests of the kinds of notification, one file each."""
