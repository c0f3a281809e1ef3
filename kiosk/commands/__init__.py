"""What the commands do, one module a group; ``kiosk.arguments`` has their names."""
