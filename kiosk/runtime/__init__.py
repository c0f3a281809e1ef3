"""What moves: asyncio tasks between the core and the ports, one module a task."""
