"""What the kiosk decides. Standard library and numpy only: no I/O, no clock, no asyncio."""
