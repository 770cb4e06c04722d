"""How well the policy judges labelled posts, and how long it takes: `bench/policy.py [FILE] [--first] [--show]`.

FILE: posts as JSON lines with their labels (`expect`, `tolerate`, `verdict`, `tolerate_verdict`, `spans`, `level`), or
a file of policy/posts. Default: the labelled posts beside the checkout, where there are some, else the writer that the
readers never learned from. --first: without the second reader. --show: the posts that were judged wrongly.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT / "policy"))

import posts as labelled  # noqa: E402 (policy/posts.py)

from notifier.policy import Judgement, ShownAttachment, judge, subject_of_text  # noqa: E402

BESIDE = CHECKOUT.parent / "shared" / "policy" / "dev.jsonl"
SEVERITY = {"pass": 0, "review": 1, "block": 2}


@dataclass
class Item:
    """A post with what is right for it."""

    id: str
    kind: str
    stage: str
    department: str
    text: str
    attachments: list[ShownAttachment]
    expect: set[str]
    tolerate: set[str]
    verdicts: set[str]
    verdict: str
    spans: list[tuple[int, int]]
    level: str
    language: str


def read(path: Path) -> list[Item]:
    """Read labelled posts of either form."""
    if path.suffix != ".jsonl":
        return [_of_writer(post, f"{path.stem}{n}") for n, post in enumerate(labelled.read(path), 1)]
    return [_of_line(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _of_line(value: dict[str, object]) -> Item:
    item: dict[str, object] = {"attachments": [], "tolerate": [], "tolerate_verdict": [], "spans": [], **value}
    text = str(item["text"])
    found = [(at, at + len(span)) for span in list(item["spans"] or []) if (at := text.find(span)) >= 0]  # type: ignore[call-overload]
    return Item(
        str(item["id"]),
        str(item["kind"]),
        str(item["stage"]),
        str(item["department"]),
        text,
        [ShownAttachment(a["name"], a.get("rights"), a.get("subject")) for a in item["attachments"] or []],  # type: ignore[attr-defined]
        set(item["expect"]),  # type: ignore[call-overload]
        set(item["tolerate"] or []),  # type: ignore[call-overload]
        {str(item["verdict"]), *(item["tolerate_verdict"] or [])},  # type: ignore[misc]
        str(item["verdict"]),
        found,
        str(item.get("level", "")),
        str(item.get("lang", "en")),
    )


def _of_writer(post: labelled.Post, name: str) -> Item:
    return Item(
        name,
        post.kind,
        post.stage,
        post.department,
        post.text,
        [ShownAttachment(a.name, a.rights, a.subject) for a in post.attachments],
        {labelled.CODES[code] for code in post.codes},
        {labelled.CODES[code] for code in post.tolerated},
        {post.verdict},
        post.verdict,
        [(start, end) for _, start, end in post.spans],
        "violating" if post.codes else "clean",
        post.language,
    )


def judged(item: Item, *, first: bool) -> Judgement:
    """Judge a post as `notify check` does."""
    return judge(
        subject_of_text(
            item.text, item.kind, "draft" if item.stage == "draft" else "final", item.department, item.attachments
        ),
        ask="never" if first else "doubt",
    )


def main() -> None:
    """Judge, count, print."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("file", nargs="?", type=Path, default=BESIDE if BESIDE.is_file() else labelled.HELD_OUT)
    asks.add_argument("--first", action="store_true")
    asks.add_argument("--show", action="store_true")
    how = asks.parse_args()
    items = read(how.file)
    for item in items[:5]:
        judged(item, first=how.first)
    results, times = [], []
    for item in items:
        began = time.perf_counter()
        results.append((item, judged(item, first=how.first)))
        times.append(time.perf_counter() - began)
    print(f"{how.file.name}: {len(items)} posts, {'the first reader alone' if how.first else 'both readers'}\n")
    _labels(results)
    _verdicts(results)
    times.sort()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(f"\ntime a post: median {middle * 1e3:.1f} ms, 95 % within {late * 1e3:.1f} ms")
    if how.show:
        _show(results)


def _labels(results: list[tuple[Item, Judgement]]) -> None:
    right, due, told, false = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for item, judgement in results:
        labels = {finding.label for finding in judgement.findings}
        due.update(item.expect)
        right.update(item.expect & labels)
        told.update(labels)
        false.update(labels - item.expect - item.tolerate)
    print(f"{'label':30}{'recall':>14}{'precision':>16}")
    for label in sorted(set(due) | set(told)):
        print(f"{label:30}{_share(right[label], due[label]):>14}{_share(told[label] - false[label], told[label]):>16}")


def _verdicts(results: list[tuple[Item, Judgement]]) -> None:
    clean = [(item, judgement) for item, judgement in results if not item.expect]
    bad = [(item, judgement) for item, judgement in results if item.expect]
    agree = [judgement.verdict in item.verdicts for item, judgement in results]
    under = [_below(item, judgement) for item, judgement in bad]
    passed = [judgement.verdict == "pass" for _, judgement in bad]
    print(f"\nverdict agreement      {_share(sum(agree), len(agree))}   (aim 90 %)")
    print(f"under-blocking         {_share(sum(under), len(under))}   (a milder verdict than is due)")
    print(f"passed though it must not {_share(sum(passed), len(passed))}   (aim at most 5 %)")
    stopped = [bool(judgement.findings) for _, judgement in clean]
    print(f"clean posts stopped    {_share(sum(stopped), len(stopped))}   (aim at most 3 %)")
    by: dict[str, list[bool]] = defaultdict(list)
    for item, judgement in clean:
        by[item.level].append(bool(judgement.findings))
    print("  " + ", ".join(f"{level}: {_share(sum(some), len(some))}" for level, some in sorted(by.items())))
    touched = [
        any(_common(finding.start, finding.end, span) for finding in judgement.findings for span in item.spans)
        for item, judgement in bad
        if item.spans and judgement.findings
    ]
    print(f"words underlined rightly {_share(sum(touched), len(touched))}   (of the violating posts that were found)")
    for name in ("language", "kind", "stage", "level"):
        slices: dict[str, list[bool]] = defaultdict(list)
        for (item, _), agrees in zip(results, agree, strict=True):
            slices[getattr(item, name)].append(agrees)
        print(f"agreement by {name}: " + ", ".join(f"{k} {_share(sum(v), len(v))}" for k, v in sorted(slices.items())))


def _below(item: Item, judgement: Judgement) -> bool:
    return SEVERITY[judgement.verdict] < min(SEVERITY[verdict] for verdict in item.verdicts)


def _common(start: int, end: int, span: tuple[int, int]) -> bool:
    return start < span[1] and end > span[0]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part}/{whole})" if whole else "-"


def _show(results: Iterable[tuple[Item, Judgement]]) -> None:
    for item, judgement in results:
        if judgement.verdict not in item.verdicts:
            print(f"\n{item.id} {item.kind} due {item.verdict} {sorted(item.expect)}, given {judgement.verdict}")
            print(f"   {' '.join(item.text.split())}")
            for finding in judgement.findings:
                print(f"   - {finding.label}: {finding.text!r}")


if __name__ == "__main__":
    main()
