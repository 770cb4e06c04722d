"""The practice platforms, one file each: a module here that offers PLATFORM is one, others help their neighbours."""

import importlib
import pkgutil
from functools import cache

from notifier.practice.platform import Platform


@cache
def platforms() -> tuple[type[Platform], ...]:
    """Find every platform, in the order of their labels."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    found = [module.PLATFORM for module in modules if hasattr(module, "PLATFORM")]
    return tuple(sorted(found, key=lambda platform: platform.label.casefold()))


@cache
def names() -> dict[str, str]:
    """Every name by which a platform may be called -> its own name."""
    return {called: platform.name for platform in platforms() for called in (platform.name, *platform.other_names)}
