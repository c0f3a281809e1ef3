"""A Live service on this machine. Imports nothing of the kiosk but ``kiosk.core.audio``."""
