"""From a publisher's own words for a rating to a verdict: the labels that many publishers share, in en, fa and ar.

A label outside the table says nothing certain, so it becomes ``other``; its words stay beside it as ``original_label``.
"""

from __future__ import annotations

from service.domain import Verdict
from service.matching.folding import fold_word

_LABELS: dict[Verdict, tuple[str, ...]] = {
    Verdict.TRUE: (
        "true", "correct", "accurate", "fact", "confirmed", "verified", "geppetto checkmark", "checks out", "right",
        "completely true", "entirely true", "correct attribution",
        "درست", "صحیح", "واقعی", "حقیقت دارد", "تایید شده", "تایید شد", "کاملا درست", "حقیقت",
        "صحيح", "حقيقي", "حقيقة", "صحيحة", "مؤكد", "صحيح تماما",
    ),
    Verdict.MOSTLY_TRUE: (
        "mostly true", "mostly correct", "mostly accurate", "largely true", "largely correct", "largely accurate",
        "almost true",
        "عمدتا درست", "بیشتر درست", "تقریبا درست", "عمدتا صحیح",
        "صحيح في الغالب", "صحيح غالبا", "صحيح الى حد كبير", "صحيح إلى حد كبير",
    ),
    Verdict.MIXED: (
        "mixed", "mixture", "half true", "half-true", "partly true", "partially true", "partly false",
        "partially false", "partly correct", "partially correct", "true and false", "two pinocchios",
        "نیمه درست", "نیمه‌درست", "تا حدی درست", "بخشی درست", "درست و نادرست", "نیمی درست",
        "صحيح جزئيا", "خاطئ جزئيا", "زائف جزئيا", "نصف صحيح", "نصف الحقيقة", "مختلط", "صحيح وخاطئ",
    ),
    Verdict.MISLEADING: (
        "misleading", "missing context", "lacks context", "out of context", "needs context", "miscaptioned",
        "misattributed", "cherry-picked", "cherry picks", "distorts the facts", "spins the facts", "exaggerated",
        "altered", "altered photo", "altered video", "manipulated", "misrepresented", "exaggerates",
        "گمراه کننده", "گمراه‌کننده", "فاقد بافت", "خارج از بافت", "تحریف شده", "بدون زمینه", "دستکاری شده",
        "مضلل", "مضللة", "خارج السياق", "خارج عن السياق", "يفتقر الى السياق", "سياق ناقص", "محرف", "مبالغ فيه",
    ),
    Verdict.MOSTLY_FALSE: (
        "mostly false", "mostly incorrect", "mostly inaccurate", "largely false", "largely inaccurate", "barely true",
        "three pinocchios",
        "عمدتا نادرست", "بیشتر نادرست", "عمدتا غلط",
        "خاطئ في الغالب", "خاطئ غالبا", "زائف في الغالب", "خاطئ الى حد كبير", "خاطئ إلى حد كبير",
    ),
    Verdict.FALSE: (
        "false", "incorrect", "inaccurate", "wrong", "untrue", "fake", "hoax", "debunked", "fabricated", "bogus",
        "pants on fire", "pants on fire!", "pants-fire", "not true", "totally false", "completely false", "fiction",
        "four pinocchios", "scam", "legend", "labeled false", "no", "myth", "fake news", "disinformation",
        "نادرست", "غلط", "دروغ", "جعلی", "کذب", "ساختگی", "شاخدار", "کاملا نادرست", "واقعیت ندارد", "صحت ندارد",
        "خاطئ", "خطأ", "زائف", "كاذب", "مفبرك", "ملفق", "غير صحيح", "كذب", "شائعة", "مزيف", "لا صحة له",
    ),
    Verdict.UNPROVEN: (
        "unproven", "unverified", "unsupported", "unconfirmed", "unsubstantiated", "no evidence", "not proven",
        "unfounded", "research in progress", "inconclusive", "insufficient evidence", "lacks evidence", "unknown",
        "cannot be verified", "unverifiable",
        "اثبات نشده", "تایید نشده", "تایید‌نشده", "بدون مدرک", "بدون شواهد", "غیرقابل تایید", "غیر قابل تایید",
        "بی‌اساس", "نامشخص",
        "غير مثبت", "غير مؤكد", "غير مثبتة", "بلا دليل", "لا دليل", "لا دليل عليه", "لم يثبت", "بدون دليل",
        "غير قابل للتحقق",
    ),
    Verdict.OUTDATED: (
        "outdated", "out of date", "no longer true", "old news", "was true", "outdated information",
        "قدیمی", "منسوخ", "منسوخ شده", "تاریخ گذشته",
        "قديم", "قديمة", "لم يعد صحيحا", "خبر قديم", "متقادم",
    ),
    Verdict.SATIRE: (
        "satire", "labeled satire", "originated as satire", "parody", "humor", "humour", "joke", "satirical",
        "طنز", "شوخی", "هجو", "فکاهی",
        "سخرية", "ساخر", "ساخرة", "محتوى ساخر", "نكتة", "فكاهة",
    ),
}  # fmt: skip

_TRIMMED = " \t\r\n.,:;!?()[]\"'«»“”‘’*،؛؟…-–—"


def _key(label: str) -> str:
    words = fold_word(label.replace("-", " ").replace("_", " ").strip(_TRIMMED)).split()
    return " ".join(words)


_VERDICTS = {_key(label): verdict for verdict, labels in _LABELS.items() for label in labels}


def verdict_of_label(label: str) -> Verdict:
    """The verdict that a publisher's label stands for; ``Verdict.OTHER`` for a label that no table holds.

    Case, surrounding punctuation, hyphens, diacritics and Persian/Arabic letter variants do not matter.
    """
    return _VERDICTS.get(_key(label), Verdict.OTHER)
