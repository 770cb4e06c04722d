"""Pages for the department's own people."""
