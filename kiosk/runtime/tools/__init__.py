"""The shop behind the model: every tool call, from the gateway to ShopMax and back."""
