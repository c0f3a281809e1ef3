from tests.misbehaving.conftest import own_identity

__all__ = ["own_identity"]
