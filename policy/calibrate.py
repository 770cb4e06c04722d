"""Find how the two readers are weighed against each other, on a writer that neither has learned from.

    python policy/calibrate.py [FILE of policy/posts]     prints what it tried, and writes notifier/policy/readers.toml

Together they stop from where both errors are as likely on that writer, whose clean posts are nearer to the border than
most; the weights are those with which this error is least. Alone, the first may stop one clean post of his in twenty.
The doubt is where hardly a post that both together would stop goes unread by the second.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import posts as labelled

from notifier.policy import ShownAttachment, built_in, subject_of_text
from notifier.policy.first_reader import first_reader
from notifier.policy.post import read_post

STOPPED = 0.05
"""Of the clean posts, by the first reader alone."""
TIE = 0.005
"""Errors as near as this are the same: then the two readers weigh more alike."""
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
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else labelled.HELD_OUT
    posts = labelled.read(path)
    first, second = scores(posts)
    clean = np.array([not post.codes for post in posts])
    bad = np.array([bool(post.codes - RULED) for post in posts])

    def even(top: np.ndarray) -> tuple[float, float]:
        """Give the threshold at which as many of the clean are stopped as of the others are missed, and how many."""
        tried = [(float(np.mean(top[clean] > at)), float(np.mean(top[bad] <= at)), float(at)) for at in np.unique(top)]
        stopped, missed, threshold = min(tried, key=lambda one: abs(one[0] - one[1]))
        return threshold, (stopped + missed) / 2

    alone = float(np.quantile(first.max((1, 2))[clean], 1 - STOPPED))
    print(f"the first reader alone: threshold {alone:.2f}, missed {np.mean(first.max((1, 2))[bad] <= alone):.1%}")
    best = (1.0, 0.0, 0.0)
    for weight in np.arange(0, 1.01, 0.1):
        threshold, error = even((first * weight + second * (1 - weight)).max((1, 2)))
        print(f"first {weight:.1f}, second {1 - weight:.1f}: threshold {threshold:.2f}, either error {error:.1%}")
        if error < best[0] - TIE:
            best = (error, float(weight), threshold)
        elif error <= best[0] + TIE:
            best = (best[0], float(weight), threshold)
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
