"""What a kiosk is asked when something is wrong: one finding a check, each with what to do.

Nothing is changed by looking, the kiosk may run meanwhile, and no finding holds a secret or
anything a customer said. A further check is one function in the module of its subject, and
its name in ``examining.CHECKS``.
"""
