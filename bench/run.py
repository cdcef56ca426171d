"""Every measurement in one run, into ``bench/results``: ``make bench DATA=FOLDER``.

    python bench/run.py FOLDER [--sizes 10000 50000 200000 1000000] [--quick] [--only PART ...] [--keep FOLDER]

FOLDER holds benchmark folders as ``factcheck eval`` takes them, and ``scale/claims.jsonl.gz``. Parts: ``matching``,
``peers``, ``checks`` (over HTTP), ``imports``. Each peer runs in a process of its own, with so much time to build and
to answer; of what does not end in time, the tables say so. ``--keep``: our own databases stay in this folder, to be
measured again without being loaded again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from results import write
from texts import save, workload
from timing import peers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SIZES = (10_000, 50_000, 200_000, 1_000_000)
PARTS = ("matching", "peers", "checks", "imports")
PACKAGES = ("rapidfuzz", "bm25s", "tantivy", "asyncpg", "sqlalchemy", "litestar", "uvicorn", "numpy")


def main() -> int:
    options = arguments()
    if not (options.folder / "scale" / "claims.jsonl.gz").is_file():
        print(f"there is no scale/claims.jsonl.gz in {options.folder}", file=sys.stderr)
        return 2
    found: dict[str, Any] = {"environment": environment(), "options": told(options)}
    if "matching" in options.only:
        say("reading and comparing")
        found["matching"] = printed([HERE / "matching.py", "--json", "--rounds", "100" if options.quick else "400"])
    if "peers" in options.only:
        found["peers"] = []
        for size in options.sizes:
            found["peers"] += at_size(options, size)
            # What has been measured is kept, whatever comes of the next size.
            write({**found, "environment": {**found["environment"], "load_at_end": os.getloadavg()}}, options.results)
    for part in ("checks", "imports"):
        if part in options.only:
            found[part] = by_script(part, options)
    found["environment"]["load_at_end"] = os.getloadavg()
    write(found, options.results)
    print((options.results / "README.md").read_text())
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="how many phrasings")
    parser.add_argument("--quick", action="store_true", help="10,000 phrasings and few queries: does it work?")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--peer", nargs="+", choices=list(peers()), default=list(peers()), help="only these peers")
    parser.add_argument("--queries", type=int, default=240)
    parser.add_argument("--seconds", type=float, default=60.0, help="for the queries of one peer at one size")
    parser.add_argument("--build-seconds", type=float, default=3600.0, help="for what comes before them")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.queries, options.seconds = [10_000], 80, 10.0
    options.results.mkdir(parents=True, exist_ok=True)
    return options


def told(options: argparse.Namespace) -> dict[str, Any]:
    """The options that figures depend on; no path."""
    names = ("sizes", "queries", "seconds", "build_seconds", "quick")
    return {**{name: getattr(options, name) for name in names}, "kept": options.keep is not None}


def environment() -> dict[str, Any]:
    """What the figures were taken on."""
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revision.stdout.strip() or None,
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_at_start": os.getloadavg(),
    }


def processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def at_size(options: argparse.Namespace, size: int) -> list[dict[str, Any]]:
    """Every peer over so many texts."""
    load = workload(options.folder, size, options.queries)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workload.json"
        save(load, file)
        known = {"size": size, "real": load.real}
        del load
        for peer in options.peer:
            say(f"{size:,} phrasings: {peer}")
            command: list[Any] = [HERE / "timing.py", peer, file, "--seconds", options.seconds]
            if options.keep and peer.startswith("ours"):
                command += ["--keep", options.keep / str(size)]
            begun = time.perf_counter()
            row = printed(command, options.seconds + options.build_seconds)
            rows.append({"peer": peer, **known, **row, "took_s": round(time.perf_counter() - begun, 1)})
            say("  " + json.dumps(row))
    return rows


def by_script(part: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of a script of this folder that writes them into a file of its own."""
    script = HERE / f"{part}.py"
    if not script.is_file():
        return {"skipped": f"there is no {script.name}"}
    size = max([size for size in options.sizes if size <= 200_000] or [min(options.sizes)])
    command: list[Any] = [script, "--data", options.folder]
    if part == "checks":
        command += ["--phrasings", size]
        command += ["--keep", options.keep / f"checks-{size}"] if options.keep else []
    else:
        command += ["--rows", min(size, 20_000)]
    say(part)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        done = run([*command, "--json", file], options.build_seconds)
        if done is None or done.returncode or not file.is_file():
            return {"skipped": "not within its time" if done is None else done.stderr.strip()[-500:]}
        figures: dict[str, Any] = json.loads(file.read_text())
        return figures


def printed(command: Sequence[Any], seconds: float = 600.0) -> dict[str, Any]:
    """The JSON that a script of this folder prints, or why there is none."""
    done = run(command, seconds)
    if done is None:
        return {"skipped": f"not within {seconds:g} s"}
    if done.returncode:
        return {"skipped": done.stderr.strip()[-500:]}
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def run(command: Sequence[Any], seconds: float) -> subprocess.CompletedProcess[str] | None:
    """A Python script, ended with all that it started when its time is up (then None)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, problems = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        _, alive = psutil.wait_procs([*family, psutil.Process(process.pid)], timeout=30)
        for each in alive:
            each.kill()
        process.communicate()
        return None
    return subprocess.CompletedProcess(process.args, process.returncode, out, problems)


def say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
