"""Numbers and codes as customers say them. Standard library only, nothing else of the kiosk."""
