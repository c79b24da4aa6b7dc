"""Fantasy F1: draft-based fantasy Formula 1 leagues."""

__version__ = "0.1.0"
