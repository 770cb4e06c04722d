"""What is claimed about speed, as runnable programs."""
