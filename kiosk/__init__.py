"""An in-store voice kiosk: a button, a microphone, a speaker and a Gemini Live session."""

import os

__version__ = "0.1.0"

# Measured with onnxruntime 1.32: at import it makes a device id and a store of events under
# ~/.cache and may upload them. Only this, before the import, stops it. A kiosk tells nobody
# but its Live service and its shop.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
