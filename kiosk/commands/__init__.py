"""What the commands do, one module a group; ``kiosk.cli`` has their names and arguments."""
