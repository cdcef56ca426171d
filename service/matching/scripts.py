"""Scripts of the world: which one a letter belongs to, and which languages are written in it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

# First code point, last code point, script; ascending.
_RANGES: Final = (
    (0x0041, 0x005A, "Latn"), (0x0061, 0x007A, "Latn"), (0x00AA, 0x00AA, "Latn"), (0x00BA, 0x00BA, "Latn"),
    (0x00C0, 0x02AF, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0531, 0x058F, "Armn"),
    (0x0591, 0x05F4, "Hebr"), (0x0600, 0x06FF, "Arab"), (0x0700, 0x074F, "Syrc"), (0x0750, 0x077F, "Arab"),
    (0x0780, 0x07BF, "Thaa"), (0x08A0, 0x08FF, "Arab"), (0x0900, 0x097F, "Deva"), (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"), (0x0B00, 0x0B7F, "Orya"), (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"), (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x0F00, 0x0FFF, "Tibt"), (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"), (0x1780, 0x17FF, "Khmr"),
    (0x1800, 0x18AF, "Mong"), (0x1C90, 0x1CBF, "Geor"), (0x1E00, 0x1EFF, "Latn"), (0x1F00, 0x1FFF, "Grek"),
    (0x2C60, 0x2C7F, "Latn"), (0x3040, 0x309F, "Hira"), (0x30A0, 0x30FF, "Kana"), (0x3105, 0x312F, "Bopo"),
    (0x3400, 0x4DBF, "Hani"), (0x4E00, 0x9FFF, "Hani"), (0xA640, 0xA69F, "Cyrl"), (0xA720, 0xA7FF, "Latn"),
    (0xAC00, 0xD7AF, "Hang"), (0xF900, 0xFAFF, "Hani"), (0xFB1D, 0xFB4F, "Hebr"), (0xFB50, 0xFDFF, "Arab"),
    (0xFE70, 0xFEFF, "Arab"), (0xFF21, 0xFF5A, "Latn"), (0x20000, 0x3FFFF, "Hani"),
)  # fmt: skip

OWNER: Final = {
    "Grek": "el", "Armn": "hy", "Hebr": "he", "Thaa": "dv", "Beng": "bn", "Guru": "pa", "Gujr": "gu", "Orya": "or",
    "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th", "Laoo": "lo", "Tibt": "bo",
    "Mymr": "my", "Geor": "ka", "Ethi": "am", "Khmr": "km", "Mong": "mn", "Hang": "ko", "Hira": "ja", "Kana": "ja",
    "Hani": "zh", "Deva": "hi", "Syrc": "syr", "Bopo": "zh",
}  # fmt: skip

_SHARED_SCRIPTS: Final = {
    "Deva": frozenset({"hi", "mr", "ne", "sa", "mai", "bho", "kok", "doi", "sd", "ks", "brx"}),
    "Beng": frozenset({"bn", "as", "mni"}),
    "Hebr": frozenset({"he", "yi", "lad"}),
    "Ethi": frozenset({"am", "ti", "tig"}),
    "Hani": frozenset({"zh", "ja", "yue", "ko", "vi"}),
    "Cyrl": frozenset(
        {
            "ru",
            "uk",
            "be",
            "bg",
            "mk",
            "sr",
            "kk",
            "ky",
            "tg",
            "tt",
            "mn",
            "uz",
            "az",
            "ba",
            "cv",
            "os",
            "ce",
            "bs",
            "cnr",
            "sh",
        }
    ),
    "Arab": frozenset(
        {"ar", "fa", "ur", "ps", "ku", "ckb", "ug", "sd", "pa", "ks", "prs", "arz", "az", "ms", "uz", "kk", "ha", "bal"}
    ),
    "Mymr": frozenset({"my", "shn", "mnw"}),
    "Hira": frozenset({"ja"}),
    "Kana": frozenset({"ja"}),
    "Hang": frozenset({"ko"}),
    "Geor": frozenset({"ka", "xmf"}),
    "Syrc": frozenset({"syr", "arc"}),
    "Tibt": frozenset({"bo", "dz"}),
    "Mong": frozenset({"mn"}),
    "Guru": frozenset({"pa"}),
}

_NOT_LATIN: Final = frozenset(
    {"ar", "fa", "he", "ur", "ru", "uk", "bg", "el", "hi", "bn", "ta", "te", "kn", "ml", "th", "ko", "ja", "zh",
     "ka", "hy", "am", "my", "km", "lo", "si", "ps", "ckb", "mk", "be", "mr", "ne", "gu", "pa", "or", "dv",
     "ti", "yi"}
)  # fmt: skip

SCRIPT_OF: dict[str, str] = {}


def script_of(char: str) -> str:
    """The script of a letter; "Zyyy" for what belongs to none. Remembered per character."""
    script = SCRIPT_OF.get(char)
    if script is None:
        point = ord(char)
        script = next((name for low, high, name in _RANGES if low <= point <= high), "Zyyy")
        if len(SCRIPT_OF) < 20_000:
            SCRIPT_OF[char] = script
    return script


@lru_cache(maxsize=4_096)
def fits(tag: str, script: str) -> bool:
    """Whether a text in ``script`` can be in the language: unknown combinations are believed."""
    if script == "Zyyy":
        return True
    if script == "Latn":
        return tag not in _NOT_LATIN
    known = _SHARED_SCRIPTS.get(script)
    if known is not None:
        return tag in known
    owner = OWNER.get(script)
    return owner is None or owner == tag
