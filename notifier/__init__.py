"""Notifier publishes a police department's notifications."""

__version__ = "0.1.0"
