"""Where the project's own channels, templates and example configuration are, in a checkout and in a wheel."""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent
_PACKAGED = _PACKAGE / "_project"

PROJECT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent
TEMPLATES = PROJECT / "templates"
EXAMPLE_CONFIG = PROJECT / "config"


def make_channels_importable() -> None:
    """Put the folder that holds channels/ first on the import path.

    The wheel carries it as notifier/_project/channels, because the top-level name `channels` belongs to another
    well-known distribution.
    """
    if sys.path[:1] != [str(PROJECT)]:
        sys.path.insert(0, str(PROJECT))
