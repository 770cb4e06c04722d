"""Pictures for networks: upright, without what a camera wrote into them, small enough. Pure: bytes in, bytes out.

Pillow is imported where it is needed: most notifications have no picture.
"""

from notifier.pictures.cleaning import clean
from notifier.pictures.workshop import Workshop

__all__ = ["Workshop", "clean"]
