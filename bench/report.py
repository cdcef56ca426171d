"""Measure on every benchmark of a folder and write the figures into docs/evaluation.md.

    python bench/report.py FOLDER [--split dev] [--only NAME ...] [--distractors FILE] [--model FOLDER] [--docs FOLDER]

Every subfolder of FOLDER that has queries or labelled pairs for the split is given to ``factcheck eval``. Its report
goes to docs/evaluation/NAME.json (NAME_with_meaning.json with an embedding model), its chart to NAME.svg beside it, and
tables of all reports there between the two markers of docs/evaluation.md. No text of a benchmark is written anywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- figures: written by bench/report.py -->"
END = "<!-- end of the figures -->"

RETRIEVAL = {
    "MAP@5": "map_at_5",
    "MRR": "mrr",
    "P@1": "p_at_1",
    "recall@50": "recall_at_50",
    "match recall": "match_recall",
    "false matches": "false_match_rate",
    "ECE": "ece",
}


def main() -> int:
    options = arguments()
    if not options.folder.is_dir():
        print(f"there is no folder {options.folder}", file=sys.stderr)
        return 2
    reports = options.docs.resolve() / "evaluation"
    reports.mkdir(exist_ok=True)
    found = [folder for folder in sorted(options.folder.iterdir()) if holds_split(folder, options.split)]
    chosen = [folder for folder in found if not options.only or folder.name in options.only]
    if not chosen or set(options.only) - {folder.name for folder in chosen}:
        names = ", ".join(folder.name for folder in found) or "nothing"
        print(f"for the split {options.split}, {options.folder} holds {names}", file=sys.stderr)
        return 2
    for folder in chosen:
        print(f"measuring on {folder.name}", file=sys.stderr)
        if code := measure(folder, options, reports):
            return code
    write_page(options.docs / "evaluation.md", reports, options.split)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure on every benchmark of a folder, into docs/evaluation.md.")
    parser.add_argument("folder", type=Path, help="the folder whose subfolders are benchmarks")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these subfolders")
    parser.add_argument("--distractors", type=Path, metavar="FILE", help="JSONL of claims to add to each corpus")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="search by meaning too, with this embedding model")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where evaluation.md is (default: docs)")
    return parser.parse_args()


def holds_split(folder: Path, split: str) -> bool:
    names = [f"{kind}.{split}.jsonl{ending}" for kind in ("queries", "pairs") for ending in ("", ".gz")]
    return any((folder / name).is_file() for name in names)


def measure(folder: Path, options: argparse.Namespace, reports: Path) -> int:
    """The command's exit code; when it is not 0, the command has said why on standard error."""
    name = folder.name + ("" if options.distractors is None else "_with_distractors")
    name += "" if options.model is None else "_with_meaning"
    chart = reports / f"{name}.svg"
    command = [sys.executable, "-m", "service", "eval", str(folder.resolve())]
    command += ["--split", options.split, "--json", "--figures-only", "--svg", str(chart)]
    if options.distractors is not None:
        command += ["--distractors", str(options.distractors.resolve())]
    environment = dict(os.environ)
    if options.model is None:
        command.append("--words-only")
    else:
        environment["FACTCHECK_EMBEDDING_MODEL"] = str(options.model.resolve())
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        return done.returncode
    report = json.loads(done.stdout)
    if "map_at_5" not in report:
        chart.unlink()
    (reports / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def write_page(page: Path, folder: Path, split: str) -> None:
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page.name} has lost its markers")
    reports = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    reports = {name: report for name, report in reports.items() if report["split"] == split}
    figures = "\n".join(figures_of(reports, split))
    page.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


def figures_of(reports: dict[str, dict[str, Any]], split: str) -> list[str]:
    """The lines between the markers."""
    versions = " and ".join(sorted({report["version"] for report in reports.values()}))
    wanted = "" if split == "dev" else f" SPLIT={split}"
    lines = [
        f"Made by `make eval DATA=FOLDER{wanted}` with version {versions}, on {os.cpu_count()} processor cores. "
        f"Split: {split}.",
    ]
    retrieval = {name: report for name, report in reports.items() if "map_at_5" in report}
    pairs = {name: report for name, report in reports.items() if "same_called_equivalent" in report}
    if retrieval:
        lines += ["", "### Finding the right claim", "", *retrieval_table(retrieval)]
        lines += stance_table(retrieval)
    for name, report in pairs.items():
        lines += ["", f"### Telling apart what reads alike: {name}", "", *pair_table(report)]
        lines += ["", "What they were called:", "", *relation_table(report)]
    for name, report in retrieval.items():
        lines += ["", f"### Precision and calibration: {name}", ""]
        lines += [f"![Precision against recall, {name}](evaluation/{name}.svg)", "", *calibration_table(report)]
    return lines


def retrieval_table(reports: dict[str, dict[str, Any]]) -> list[str]:
    rows = [
        [
            name,
            f"{report['queries']:,}",
            f"{report['corpus']:,}",
            *(f"{report[key]:.3f}" for key in RETRIEVAL.values()),
            *(f"{report['latency_ms'][key]:.1f}" for key in ("p50", "p99")),
        ]
        for name, report in reports.items()
    ]
    return table(["benchmark", "queries", "claims", *RETRIEVAL, "p50 ms", "p99 ms"], rows)


def stance_table(reports: dict[str, dict[str, Any]]) -> list[str]:
    rows = [
        [name, stance, f"{part['queries']:,}"]
        + [f"{part[key]:.3f}" for key in ("map_at_5", "match_recall", "false_match_rate")]
        for name, report in reports.items()
        for stance, part in report["by_stance"].items()
    ]
    if not rows:
        return []
    headings = ["benchmark", "stance of the query", "queries", "MAP@5", "match recall", "false matches"]
    return ["", *table(headings, rows)]


def pair_table(report: dict[str, Any]) -> list[str]:
    parts = {"all": report, **report["by_language"], **report["by_sub"]}
    rows = [
        [f"different, {kind}", *(share(part["different_called_equivalent"][kind]) for part in parts.values())]
        for kind in report["different_called_equivalent"]
    ]
    rows.append(["same", *(share(part["same_called_equivalent"]) for part in parts.values())])
    rows += [
        [f"same, {kind}", share(each), *("" for _ in list(parts)[1:])]
        for kind, each in report["same_called_equivalent_by_kind"].items()
        if each["n"] and kind != "all"
    ]
    return table(["called equivalent", *parts], rows)


def relation_table(report: dict[str, Any]) -> list[str]:
    kinds = [
        (f"{label}, {kind}", called) for label, some in report["relations"].items() for kind, called in some.items()
    ]
    relations = list(kinds[0][1]) if kinds else []
    return table(
        ["labelled", *relations], [[name, *(f"{called[each]:,}" for each in relations)] for name, called in kinds]
    )


def share(each: dict[str, Any]) -> str:
    return f"{each['rate']:.1%} of {each['n']:,}" if each["n"] else ""


def calibration_table(report: dict[str, Any]) -> list[str]:
    rows = [
        [f"{each['from']:.1f} to {each['to']:.1f}", f"{each['n']:,}"]
        + [f"{each[key]:.3f}" for key in ("mean_score", "share_right")]
        for each in report["calibration"]
    ]
    return table(["score", "answers", "mean score", "share right"], rows)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headings, ["---", *("--:" for _ in headings[1:])], *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


if __name__ == "__main__":
    sys.exit(main())
