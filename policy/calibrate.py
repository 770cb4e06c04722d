"""Find how the two readers are weighed against each other, on a writer that neither has learned from.

    python policy/calibrate.py [FILE of policy/posts]     prints what it tried, and writes notifier/policy/readers.toml

The thresholds are the lowest at which at most 3 % of the clean posts are stopped; the weights are those that miss least
there; the doubt is where hardly a post that both together would stop goes unread by the second.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import posts as labelled

from notifier.policy import ShownAttachment, built_in, subject_of_text
from notifier.policy.first_reader import first_reader
from notifier.policy.post import read_post

STOPPED = 0.03
RULED = frozenset({"UD"})
FILE = Path(__file__).parents[1] / "notifier" / "policy" / "readers.toml"


def scores(posts: list[labelled.Post]) -> tuple[np.ndarray, np.ndarray]:
    """Give both readers' scores, [post, sentence, label], padded with very low ones."""
    kept = [place for place, label in enumerate(first_reader().labels) if ":" not in label]
    read = []
    for post in posts:
        attachments = [ShownAttachment(a.name, a.rights, a.subject) for a in post.attachments]
        subject = subject_of_text(
            post.text, post.kind, "draft" if post.stage == "draft" else "final", post.department, attachments
        )
        read.append(read_post(subject, built_in(), "always").readings.all)
    most = max(map(len, read))
    both = np.full((2, len(posts), most, len(kept)), -50.0)
    for place, sentences in enumerate(read):
        for at, one in enumerate(sentences):
            both[0, place, at] = np.array(one.first)[kept]
            both[1, place, at] = np.array(one.second if one.second is not None else one.first)[kept]
    return both[0], both[1]


def main() -> None:
    """Weigh, print, write."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else labelled.FOLDER / "e.txt"
    posts = labelled.read(path)
    first, second = scores(posts)
    clean = np.array([not post.codes for post in posts])
    bad = np.array([bool(post.codes - RULED) for post in posts])

    def at(top: np.ndarray) -> tuple[float, float]:
        threshold = float(np.quantile(top[clean], 1 - STOPPED))
        return threshold, float(np.mean(top[bad] <= threshold))

    alone, missed = at(first.max((1, 2)))
    print(f"the first reader alone: threshold {alone:.2f}, missed {missed:.1%}")
    best = (1.0, 0.0, 0.0)
    for weight in np.arange(0, 1.01, 0.1):
        threshold, missed = at((first * weight + second * (1 - weight)).max((1, 2)))
        print(f"first {weight:.1f}, second {1 - weight:.1f}: threshold {threshold:.2f}, missed {missed:.1%}")
        best = min(best, (missed, float(weight), threshold))
    _, weight, together = best
    told = (first * weight + second * (1 - weight)).max((1, 2)) > together
    doubt = float(np.quantile(first.max((1, 2))[told], 0.005)) - 0.5
    print(f"doubt {doubt:.2f}: the second is asked for {np.mean(first.max((1, 2)) > doubt):.0%} of the posts")
    FILE.write_text(
        "# How the two readers' scores become a decision; written by policy/calibrate.py.\n"
        f"doubt = {doubt:.2f}\nalone = {alone:.2f}\nfirst = {weight:.1f}\nsecond = {1 - weight:.1f}\n"
        f"together = {together:.2f}\nleaning = 1.0\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
