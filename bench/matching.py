"""Time reading and comparing, with other ways of comparing two texts in the same run.

``python bench/matching.py [--rounds 400] [--json] [--texts FILE]``. Figures are medians in microseconds; a machine is
fast or slow, so what counts are the ratios, each taken within one run. Nothing is sent, nothing is written.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import psutil
from rapidfuzz import fuzz

from service.matching.comparison import compare
from service.matching.reading import Reading, read
from service.matching.tokens import tokenize

PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (
            "At least 39 fighters were killed in an air strike on Ain al-Asad in January 2020",
            "An air strike in January 2020 on Ain al-Asad killed at least 39 fighters",
        ),
        (
            "The new vaccine is not safe for children under five years, the health ministry said",
            "Health officials said the new vaccine is safe for children under the age of five",
        ),
        (
            "Inflation in Egypt rose to 33.7 percent in December 2023, the highest level in years",
            "Egypt's inflation fell to 33.7% in December 2023, the central bank said on Sunday",
        ),
    ),
    "fa": (
        (
            "دست‌کم ۳۹ جنگجو در حمله هوایی به پایگاه عین الاسد در دی ۱۳۹۸ کشته شدند",
            "در حمله هوایی دی ۱۳۹۸ به پایگاه عین الاسد حداقل ۳۹ جنگجو جان باختند",
        ),
        (
            "وزارت بهداشت اعلام کرد واکسن تازه برای کودکان زیر پنج سال خطرناک نیست",
            "واکسن تازه به گفته وزارت بهداشت برای کودکان زیر پنج سال خطرناک است",
        ),
        (
            "نرخ تورم ایران در شهریور ۱۴۰۳ به ۳۱ درصد رسید و بانک مرکزی آن را تایید کرد",
            "بانک مرکزی: تورم ایران در شهریور ۱۴۰۳ به ۴۱ درصد رسیده است",
        ),
    ),
    "ar": (
        (
            "قتل ما لا يقل عن ٣٩ مقاتلا في غارة جوية على قاعدة عين الأسد في يناير ٢٠٢٠",
            "غارة جوية على قاعدة عين الأسد في يناير ٢٠٢٠ تقتل ٣٩ مقاتلا على الأقل",
        ),
        (
            "وزارة الصحة تؤكد أن اللقاح الجديد ليس خطيرا على الأطفال دون سن الخامسة",
            "اللقاح الجديد خطير على الأطفال دون سن الخامسة بحسب وزارة الصحة في البلاد",
        ),
        (
            "ارتفع التضخم في مصر إلى ٣٣٫٧ في المئة في ديسمبر ٢٠٢٣ وفق البنك المركزي",
            "انخفض التضخم في مصر إلى ٣٣٫٧ في المئة في ديسمبر ٢٠٢٣",
        ),
    ),
}
"""Sentences made up for this measurement: an incoming one and a stored one."""


def _median(work: Callable[[], object], rounds: int) -> float:
    """Median duration of one call, in microseconds."""
    for _ in range(20):
        work()
    taken: list[int] = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - start)
    return statistics.median(taken) / 1_000


def measure(language: str, rounds: int) -> dict[str, float]:
    """Medians over the language's pairs, in microseconds, by what was timed."""
    columns: dict[str, list[float]] = {}
    for query, candidate in PAIRS[language]:
        stored = read(candidate, language)
        incoming = read(query, language)

        def fresh(query: str = query, stored: Reading = stored) -> object:
            return compare(read(query, language), stored)

        timed: dict[str, Callable[[], object]] = {
            "tokenize": lambda query=query: tokenize(query),
            "read": lambda query=query: read(query, language),
            "read, language unknown": lambda query=query: read(query),
            "comparison, reading stored": lambda one=incoming, other=stored: compare(one, other),
            "comparison, reading included": fresh,
            "rapidfuzz token_set_ratio": lambda a=query, b=candidate: fuzz.token_set_ratio(a, b),
            "rapidfuzz WRatio": lambda a=query, b=candidate: fuzz.WRatio(a, b),
            "difflib ratio": lambda a=query, b=candidate: SequenceMatcher(None, a, b, autojunk=False).ratio(),
        }
        for name, work in timed.items():
            columns.setdefault(name, []).append(_median(work, rounds))
    return {name: statistics.median(values) for name, values in columns.items()}


_WARM: Final = 2_000
"""Texts read before the clock starts, as a service that has run for a while has read others."""


def once(path: Path, most: int) -> dict[str, float]:
    """Medians and means of reading texts that were never read before, and of reading them again.

    ``path``: JSON lines with a "text", plain or gzipped. Up to ``most`` distinct texts, after some others as a warm-up.
    """
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8").splitlines()
    texts = list(dict.fromkeys(json.loads(line)["text"] for line in lines[: 4 * (most + _WARM)]))
    for text in texts[:_WARM]:
        read(text)
    timed = texts[_WARM : _WARM + most]
    if not timed:
        raise SystemExit(f"{path} has no more than the {_WARM} texts that only warm up")
    figures: dict[str, float] = {"texts": len(timed)}
    for name in ("first", "again"):
        taken = []
        for text in timed:
            start = time.perf_counter_ns()
            read(text)
            taken.append((time.perf_counter_ns() - start) / 1_000)
        figures[f"{name}_median"] = round(statistics.median(taken), 1)
        figures[f"{name}_mean"] = round(statistics.fmean(taken), 1)
    return figures


def memory() -> dict[str, float]:
    """What the first readings in three languages add to the process, in MiB, and what one reading holds, in KiB.

    To be called before anything else is read: lexicons load when they are first needed.
    """
    texts = [text for pairs in PAIRS.values() for pair in pairs for text in pair]
    process = psutil.Process()
    before = process.memory_info().rss
    for text in texts:
        read(text)
    lexicons = process.memory_info().rss - before
    gc.collect()
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    kept = [read(text) for text in texts for _ in range(20)]
    held = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    return {"lexicons_mib": round(lexicons / 2**20, 1), "reading_kib": round(held / len(kept) / 1_024, 1)}


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=400, help="calls per figure (default: 400)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--texts", type=Path, help="JSON lines with a text each, to be read once and read again")
    parser.add_argument("--most", type=int, default=5_000, help="texts of that file to time (default: 5000)")
    options = parser.parse_args(arguments)
    space = memory()
    figures = {language: measure(language, options.rounds) for language in PAIRS}
    reading = once(options.texts, options.most) if options.texts else None
    if options.json:
        print(json.dumps({"microseconds": figures, "memory": space, "texts": reading}, indent=2))
        return 0
    languages = list(figures)
    yard = "rapidfuzz WRatio"
    print(f"{'median, microseconds':28}" + "".join(f"{each:>10}" for each in languages) + f"{'times ' + yard:>26}")
    for name in figures[languages[0]]:
        values = [figures[each][name] for each in languages]
        ratio = statistics.median(value / figures[each][yard] for each, value in zip(languages, values, strict=True))
        print(f"{name:28}" + "".join(f"{value:>10.1f}" for value in values) + f"{ratio:>26.2f}")
    print(f"\nlexicons of three languages: {space['lexicons_mib']} MiB; one reading: {space['reading_kib']} KiB")
    if reading is not None:
        print(
            f"{reading['texts']:.0f} texts, language unknown: read for the first time {reading['first_median']:.0f} "
            f"(mean {reading['first_mean']:.0f}), read again {reading['again_median']:.0f} "
            f"(mean {reading['again_mean']:.0f})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
