"""Where the files that travel with the package lie: beside it in a source checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The root of the source checkout the package runs from, or None when it is installed from a wheel."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "migrations").is_dir() else None


def companion(name: str) -> Path:
    """The folder ``name`` (``migrations`` or ``seeds``) that belongs to this package.

    Raises FileNotFoundError when the installation lacks it.
    """
    root = checkout()
    folder = (root or _PACKAGE) / name
    if not folder.is_dir():
        raise FileNotFoundError(f"this installation lacks its {name} folder: expected {folder}")
    return folder
