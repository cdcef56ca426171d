"""Calendars: days of Jalali and Hijri months as Gregorian ones, and what months are called.

Jalali days come from persiantools, Hijri ones from hijridate (the Umm al-Qura calendar, 1343 to 1500 AH); outside
those years the tabular Islamic calendar (type II, civil epoch) is used, which may be a day or two off.
"""

from __future__ import annotations

import calendar as gregorian
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from hijridate import Gregorian as HijriSource
from hijridate import Hijri
from persiantools.jdatetime import JalaliDate

GREGORIAN: Final = "gregorian"
JALALI: Final = "jalali"
HIJRI: Final = "hijri"

_FIRST_HIJRI: Final = 1343
_LAST_HIJRI: Final = 1500
_EPOCH_TO_ORDINAL: Final = 1_721_425
"""Julian day number of the day before 0001-01-01, Gregorian."""


def _tabular(year: int, month: int, day: int) -> date:
    days = (11 * year + 3) // 30 + 354 * year + 30 * month - (month - 1) // 2 + day + 1_948_440 - 385
    return date.fromordinal(days - _EPOCH_TO_ORDINAL)


@lru_cache(maxsize=4_096)
def first_day(system: str, year: int, month: int = 1) -> date | None:
    """The Gregorian day on which a month of ``system`` begins; None outside the years that ``date`` can hold."""
    try:
        if system == GREGORIAN:
            return date(year, month, 1)
        if system == JALALI:
            return JalaliDate(year, month, 1).to_gregorian()
        if _FIRST_HIJRI <= year <= _LAST_HIJRI:
            found = Hijri(year, month, 1).to_gregorian()
            return date(found.year, found.month, found.day)
        return _tabular(year, month, 1)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4_096)
def last_day(system: str, year: int, month: int = 12) -> date | None:
    """The Gregorian day on which a month of ``system`` ends; None for no month of the years that ``date`` can hold."""
    if not 1 <= month <= 12:
        return None
    if system == GREGORIAN:
        if not 1 <= year <= 9999:
            return None
        return date(year, month, gregorian.monthrange(year, month)[1])
    after = first_day(system, year, month + 1) if month < 12 else first_day(system, year + 1, 1)
    return None if after is None or after == date.min else after - timedelta(days=1)


def day_of(system: str, year: int, month: int, day: int) -> date | None:
    """A day of ``system`` as a Gregorian date; None when that month has no such day."""
    first, last = first_day(system, year, month), last_day(system, year, month)
    if first is None or last is None or not 1 <= day <= (last - first).days + 1:
        return None
    return first + timedelta(days=day - 1)


def in_calendar(system: str, day: date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian date in ``system``."""
    if system == JALALI:
        found = JalaliDate.to_jalali(day)
        return found.year, found.month, found.day
    if system == HIJRI:
        try:
            return HijriSource(day.year, day.month, day.day).to_hijri().datetuple()
        except (ValueError, OverflowError):
            year = max(1, (day.toordinal() - 227_015) * 30 // 10_631 + 1)
            month = min(12, (day - _tabular(year, 1, 1)).days * 2 // 59 + 1)
            return year, month, (day - _tabular(year, month, 1)).days + 1
    return day.year, day.month, day.day


JALALI_MONTHS: Final[tuple[str, ...]] = (
    "فروردین|farvardin", "اردیبهشت|ordibehesht", "خرداد|khordad", "تیر|tir", "مرداد|mordad|amordad",
    "شهریور|shahrivar", "مهر|mehr", "آبان|aban", "آذر|azar", "دی|dey", "بهمن|bahman", "اسفند|esfand",
)  # fmt: skip
"""Spellings in Persian and Latin letters, by month."""

HIJRI_MONTHS: Final[tuple[str, ...]] = (
    "محرم|المحرم|محرم الحرام|muharram|moharram",
    "صفر|safar",
    "ربیع الاول|ربیع‌الاول|ربيع الأول|rabi al-awwal|rabi' al-awwal|rabi al awwal|rabi i",
    "ربیع الثانی|ربیع‌الثانی|ربيع الثاني|ربيع الآخر|ربیع الاخر|rabi al-thani|rabi' al-thani|rabi al thani|rabi ii",
    "جمادی الاول|جمادی‌الاول|جمادى الأولى|جمادی الاولی|جمادی‌الاولی|jumada al-awwal|jumada al-ula|jumada i",
    "جمادی الثانی|جمادی‌الثانی|جمادی الثانیه|جمادی‌الثانیه|جمادى الآخرة|جمادى الثانية|jumada al-thani|"
    "jumada al-akhirah|jumada ii",
    "رجب|rajab",
    "شعبان|shaban|sha'ban|shaaban",
    "رمضان|رمضان المبارک|ramadan|ramadhan|ramazan",
    "شوال|shawwal|shavval",
    "ذو القعدة|ذی القعده|ذی‌القعده|ذیقعده|ذي القعدة|dhu al-qadah|dhu al-qi'dah|dhul qadah|zilqad",
    "ذو الحجة|ذی الحجه|ذی‌الحجه|ذیحجه|ذي الحجة|dhu al-hijjah|dhul hijjah|dhul-hijjah|zilhaj",
)
"""Spellings in Persian, Arabic and Latin letters, by month."""

PLAIN_WORDS: Final[frozenset[str]] = frozenset({
    "تیر", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند", "tir", "mehr", "aban", "azar", "dey", "bahman",
    "محرم", "صفر", "رجب", "شعبان", "رمضان", "شوال", "safar", "rajab", "ramazan", "may", "march", "mars",
    "mei", "مه", "می", "اوت", "جون", "جوان", "آب", "مارس", "ماي", "أوت", "غشت", "نيسان", "ocak", "ekim",
    "luty", "sal", "gulan", "adar",
})  # fmt: skip
"""Names of months that are also words or people's names: a number, or the word "month", has to stand beside them."""
