"""What installs the kiosk on a machine, keeps it up to date and removes it again.

Runs with the system's own Python and its standard library: there is nothing else yet.
"""
