"""A Live service on this machine. Imports of the kiosk ``core.audio`` and ``core.spoken`` only."""
