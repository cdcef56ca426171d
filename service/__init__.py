"""Factcheck: a fact-checking REST API that newsrooms run themselves."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("factcheck")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
