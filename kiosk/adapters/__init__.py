"""What touches the outside: one module a library, no policy."""
