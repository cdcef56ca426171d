"""A benchmark's report as tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.evaluation.report import by_kind

if TYPE_CHECKING:
    from service.evaluation.feedback import FeedbackReport
    from service.evaluation.measures import Bin, Rate
    from service.evaluation.pairs import Compared, PairReport
    from service.evaluation.retrieval import RetrievalReport
    from service.evaluation.running import Report

_FEW = 5
"""Disagreements of one kind that are shown."""

_FIGURES = (
    ("map_at_5", "MAP@5"),
    ("mrr", "mean reciprocal rank"),
    ("p_at_1", "right claim first"),
    ("recall_at_50", "right claim among the 50 best"),
    ("match_recall", "right claim among the matches"),
    ("false_match_rate", "a match with the right claim gone"),
    ("ece", "expected calibration error"),
)


def show(report: Report, *, texts: bool) -> None:
    """Print a report on standard output. ``texts``: with some of the pairs that were seen otherwise than labelled."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{report.folder}, {report.split}", style="bold")
    if report.retrieval is not None:
        added = f", {report.distractors} of them distractors" if report.distractors else ""
        added += f", with the model {report.model}" if report.model else ", by words alone"
        console.print(f"{report.retrieval.queries} queries, {report.retrieval.corpus} claims{added}")
        _show_retrieval(console, report.retrieval)
    if report.pairs is not None:
        console.print(f"{report.pairs.pairs} labelled pairs")
        _show_pairs(console, report.pairs)
        if texts and report.pairs.disagreements:
            _show_disagreements(console, report.pairs.disagreements)


def show_feedback(report: FeedbackReport) -> None:
    """Print on standard output how often matches were called right."""
    console = Console(highlight=False, markup=False, emoji=False)
    for name, tier in (("matches", report.matches), ("suggestions", report.suggestions)):
        table = _table(f"{name}, score from {tier.threshold:g}", "judged", "right", "precision", "95 % interval")
        rows = [("all", tier.all), *tier.by_relation.items(), *tier.by_language.items()]
        for group, each in rows:
            low, high = each.interval
            figures = ("none", "") if each.share is None else (f"{each.share:.1%}", f"{low:.1%} to {high:.1%}")
            table.add_row(Text(group), str(each.n), str(each.right), *figures)
        console.print(table)
    answered = ", ".join(f"{version} ({n})" for version, n in report.versions.items())
    console.print(Text(f"Answered by version: {answered or 'none'}"))


def _show_retrieval(console: Console, report: RetrievalReport) -> None:
    figures = _table("measure", "value")
    for name, meaning in _FIGURES:
        figures.add_row(meaning, f"{getattr(report, name):.3f}")
    for name, value in report.latency_ms.items():
        figures.add_row(f"latency {name}, ms", f"{value:.1f}")
    console.print(figures)
    if report.by_stance:
        stances = _table("stance", "queries", "MAP@5", "among the matches", "false matches")
        for stance, part in report.by_stance.items():
            rates = (part.map_at_5, part.match_recall, part.false_match_rate)
            stances.add_row(Text(stance), str(part.queries), *(f"{each:.3f}" for each in rates))
        console.print(stances)
    console.print(_calibration(report.calibration))


def _calibration(bins: Iterable[Bin]) -> Table:
    table = _table("score", "answers", "mean score", "right")
    for each in bins:
        table.add_row(f"{each.low:.1f} to {each.high:.1f}", str(each.n), f"{each.score:.3f}", f"{each.right:.3f}")
    return table


def _show_pairs(console: Console, report: PairReport) -> None:
    parts = {"all": report.called, **report.by_language, **report.by_sub}
    table = _table("called equivalent", *parts)
    for kind in report.called.different:
        table.add_row(f"different, {kind}", *(_share(called.different[kind]) for called in parts.values()))
    table.add_row("same", *(_share(called.same) for called in parts.values()))
    console.print(table)


def _share(each: Rate) -> str:
    return f"{each.rate:.1%} of {each.n}" if each.n else "none"


def _show_disagreements(console: Console, disagreements: Iterable[Compared]) -> None:
    table = Table(title="Seen otherwise than labelled", title_justify="left", show_lines=True)
    table.add_column("label", overflow="fold", max_width=20)
    table.add_column("one text", overflow="fold", ratio=1)
    table.add_column("the other", overflow="fold", ratio=1)
    for label, kinds in by_kind(disagreements).items():
        for kind, some in sorted(kinds.items()):
            for number, each in enumerate(some[:_FEW]):
                named = f"{label}, {kind}" + (f" ({len(some)})" if number == 0 else "")
                called = ", ".join(dict.fromkeys(relation.value for relation in each.relations))
                table.add_row(Text(f"{named}\ncalled {called}"), Text(each.pair.a), Text(each.pair.b))
    console.print(table)


def _table(first: str, *others: str) -> Table:
    table = Table()
    table.add_column(first)
    for heading in others:
        table.add_column(Text(heading), justify="right")
    return table
