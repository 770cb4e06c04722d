"""What carries on when no command is running: `notify run`."""
