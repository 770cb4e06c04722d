"""One rule a file, named for its label; a rule never imports a rule."""
