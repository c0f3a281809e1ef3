"""An in-store voice kiosk: a button, a microphone, a speaker and a Gemini Live session."""

__version__ = "0.1.0"
