"""What the kiosk knows about ShopMax: pure rules about orders and policy."""
