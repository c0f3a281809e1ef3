"""Parts whose failure a person must hear of or see."""

from enum import StrEnum


class Part(StrEnum):
    """A part, in the word that the event stream, the journal and ``kiosk status`` use."""

    SPEAKER = "speaker"
    MICROPHONE = "microphone"
    NETWORK = "network"
    ACCOUNT = "account"
    SHOP = "shop"
    POWER = "power"
    STORAGE = "storage"
    CLOCK = "clock"
    BUTTON = "button"
    SOFTWARE = "software"
    # Customers are served all the same with these:
    HEAT = "heat"
    DATABASE = "database"
    PROCESS = "process"
