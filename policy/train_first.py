"""Train the first reader on the labelled posts, measure them on writers they have not read, and write its weights.

    python policy/train_first.py                     every writer but the held-out ones
    python policy/train_first.py --without e --dry   train without these writers and print how it does on them

A network is trained a number of times from different beginnings; the mean of their filters cannot be taken, so that
the seeds stand side by side as more filters of one network. What depends on a word alone is worked out here and
written as rows of small whole numbers (notifier/policy/first_reader.py reads them).
"""

import argparse
import json
import math
import random
import struct
import sys
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parents[1]))
from posts import CODES, HELD_OUT, KINDS, Post, read_all
from rendered import rendered

from notifier.policy.first_reader import MAGIC, WEIGHTS, bucket
from notifier.policy.normalising import normalise
from notifier.policy.readings import RIGHTS, SHOWS
from notifier.policy.sentences import by_sentence, sentences_of
from notifier.policy.tokens import Token, own_words, tokens_of

LABELS = [*(code for code in CODES if code != "UD"), "VI:block", "CI:block", "JI:review"]
BUCKETS = 1024
RENDERED = 400
"""Clean posts of the product's own templates."""


@dataclass
class Example:
    """A post as numbers: sentences of tokens, a target for each sentence and for the whole."""

    post: Post
    sentences: list[list[Token]]
    targets: np.ndarray
    """[sentence, label]"""
    whole: np.ndarray
    counted: np.ndarray
    """1 where a label is judged at all: not where it is tolerated, severities only where their label holds."""
    ids: np.ndarray | None = None


def example(post: Post) -> Example:
    """Read a post as the product reads it."""
    own = own_words(post.department)
    plain = normalise(post.text)
    tokens = tokens_of(plain.text, own)
    sentences: list[list[Token]] = []
    codes: list[set[str]] = []
    for _, some in by_sentence(sentences_of(plain.text.lower()), tokens):
        start, _ = plain.span(some[0].start, some[0].end)
        _, end = plain.span(some[-1].start, some[-1].end)
        sentences.append(some)
        codes.append({code for code, a, b in post.spans if _overlaps(start, end, a, b)})
    for attachment in post.attachments:
        rights, shows = normalise(attachment.rights).text, normalise(attachment.subject).text
        sentences.append([RIGHTS, *tokens_of(rights, own), SHOWS, *tokens_of(shows, own)])
        codes.append(set(attachment.codes))
    targets = np.array([[float(label.partition(":")[0] in some) for label in LABELS] for some in codes], np.float32)
    whole = np.array([float(label in post.codes) for label in LABELS], np.float32)
    counted = np.array([float(label not in post.tolerated) for label in LABELS], np.float32)
    for place, label in enumerate(LABELS):
        code, _, severity = label.partition(":")
        if severity:
            counted[place] = float(code in post.codes)
            whole[place] = float(post.severity == severity)
            targets[:, place] *= whole[place]
    return Example(post, sentences, targets, whole, counted)


def _overlaps(start: int, end: int, a: int, b: int) -> bool:
    common = min(end, b) - max(start, a)
    return common >= 8 or (common > 0 and common >= 0.5 * min(end - start, b - a))


class Vocabulary:
    """The words that training knows, each with its number; others are known by their beginning and end."""

    def __init__(self, examples: list[Example], least: int = 2) -> None:
        counts = Counter(token.word for e in examples for token in {t.word: t for s in e.sentences for t in s}.values())
        self.words = sorted(word for word, count in counts.items() if count >= least or not word.isalpha())
        self.number = {word: place + 1 for place, word in enumerate(self.words)}

    def ids(self, sentences: list[list[Token]]) -> np.ndarray:
        """Give [word, front, back, shape, sentence] of every token; 0 is none."""
        rows = [
            (
                self.number.get(token.word, 0),
                1 + bucket("^" + token.word[:4], BUCKETS) if token.word.isalpha() else 0,
                1 + bucket(token.word[-3:] + "$", BUCKETS) if token.word.isalpha() else 0,
                token.shape,
                place,
            )
            for place, sentence in enumerate(sentences)
            for token in sentence
        ]
        return np.array(rows, np.int64).T


class Network(nn.Module):
    """What notifier/policy/first_reader.py reads, in the form that can be trained."""

    def __init__(self, words: int, size: int, filters: int, width: int, hidden: int) -> None:
        super().__init__()
        self.word = nn.Embedding(words + 1, size, padding_idx=0)
        self.front = nn.Embedding(BUCKETS + 1, size, padding_idx=0)
        self.back = nn.Embedding(BUCKETS + 1, size, padding_idx=0)
        self.shape = nn.Embedding(4, size)
        for table in (self.word, self.front, self.back, self.shape):
            nn.init.normal_(table.weight, 0, 0.05)
            if table.padding_idx is not None:
                table.weight.data[0] = 0
        self.slide = nn.Conv1d(size, filters, width, padding=width // 2)
        self.kind = nn.Embedding(2 * (len(KINDS) + 1), 16)
        self.hidden = nn.Linear(2 * filters + 16, hidden)
        self.out = nn.Linear(hidden, len(LABELS))
        self.direct = nn.Linear(2 * filters + 16, len(LABELS))
        nn.init.constant_(self.direct.bias, -4.0)
        self.width, self.filters = width, filters
        self.drop = nn.Dropout(0.4)

    def forward(self, ids: torch.Tensor, kinds: torch.Tensor, most: int) -> torch.Tensor:
        """Give [post, sentence, label] from [post, 5, token] padded with sentence -1."""
        word, front, back, shape, sentence = ids.unbind(1)
        mask = (sentence >= 0).unsqueeze(-1)
        if self.training:
            word = word.masked_fill(torch.rand(word.shape) < 0.15, 0)
        told = self.word(word) + self.front(front) + self.back(back) + self.shape(shape)
        told = self.drop(told) * mask
        if self.training:
            told = told * (torch.rand(told.shape[:2]) > 0.03).unsqueeze(-1)
        # Sentences stand apart by half a filter, so that no filter reads across their border.
        count, length, size = told.shape
        reach = self.width // 2
        places = (torch.arange(length) + sentence.clamp(min=0) * reach) * mask.squeeze(-1)
        apart = torch.zeros(count, length + most * reach, size)
        apart = apart.scatter_add(1, places.unsqueeze(-1).expand(-1, -1, size), told)
        heard = functional.relu(self.slide(apart.transpose(1, 2))).transpose(1, 2)
        heard = heard.gather(1, places.unsqueeze(-1).expand(-1, -1, self.filters)) * mask
        of = sentence.clamp(min=0).unsqueeze(-1).expand(-1, -1, self.filters)
        here = torch.zeros(count, most, self.filters).scatter_reduce(1, of, heard, "amax")
        around = heard.amax(1).unsqueeze(1).expand(-1, most, -1)
        kind = self.kind(kinds).unsqueeze(1).expand(-1, most, -1)
        seen = self.drop(torch.cat([here, around, kind], -1))
        result: torch.Tensor = self.direct(seen) + self.out(self.drop(functional.relu(self.hidden(seen))))
        return result


def kind_number(kind: str, stage: str) -> int:
    """Number a kind and a stage; 0 and 1 stand for a kind that is not told."""
    return 2 * (KINDS.index(kind) + 1 if kind in KINDS else 0) + (stage == "draft")


def batch(examples: list[Example], *, training: bool) -> tuple[torch.Tensor, ...]:
    """Put examples side by side."""
    length = max(e.ids.shape[1] for e in examples)  # type: ignore[union-attr]
    most = max(len(e.sentences) for e in examples)
    ids = np.zeros((len(examples), 5, length), np.int64)
    ids[:, 4] = -1
    targets = np.zeros((len(examples), most, len(LABELS)), np.float32)
    real = np.zeros((len(examples), most), np.float32)
    for place, e in enumerate(examples):
        ids[place, :, : e.ids.shape[1]] = e.ids  # type: ignore[union-attr]
        targets[place, : len(e.sentences)] = e.targets
        real[place, : len(e.sentences)] = 1
    kinds = [0 if training and random.random() < 0.1 else kind_number(e.post.kind, e.post.stage) for e in examples]
    whole, counted = np.stack([e.whole for e in examples]), np.stack([e.counted for e in examples])
    return tuple(map(torch.tensor, (ids, np.array(kinds), targets, real, whole, counted)))


def mixed(examples: list[Example], vocabulary: Vocabulary, rng: random.Random) -> list[Example]:
    """Put some of the single sentences into clean posts, as they would stand in real ones."""
    clean = [e for e in examples if not e.post.codes and e.post.department and len(e.sentences) > 1]
    made = []
    for e in examples:
        if e.post.department or rng.random() < 0.35 or not clean:
            made.append(e)
            continue
        host = rng.choice(clean)
        at = rng.randrange(len(host.sentences) + 1)
        sentences = host.sentences[:at] + e.sentences + host.sentences[at:]
        none = np.zeros((len(host.sentences), len(LABELS)), np.float32)
        targets = np.concatenate([none[:at], e.targets, none[at:]])
        new = Example(host.post if rng.random() < 0.5 else e.post, sentences, targets, e.whole, e.counted)
        new.ids = vocabulary.ids(sentences)
        made.append(new)
    return made


def train(examples: list[Example], vocabulary: Vocabulary, seed: int, how: argparse.Namespace) -> Network:
    """Train one network."""
    torch.manual_seed(seed)
    random.seed(seed)
    rng = random.Random(seed)
    network = Network(len(vocabulary.words), how.size, how.filters, how.width, how.hidden)
    steps = how.epochs * math.ceil(len(examples) / how.batch)
    chosen = torch.optim.AdamW(network.parameters(), lr=how.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(chosen, how.rate, total_steps=steps, pct_start=0.1)
    for epoch in range(how.epochs):
        network.train()
        order = mixed(examples, vocabulary, rng)
        rng.shuffle(order)
        total = 0.0
        for start in range(0, len(order), how.batch):
            ids, kinds, targets, real, whole, counted = batch(order[start : start + how.batch], training=True)
            said = network(ids, kinds, real.shape[1])
            weight = real.unsqueeze(-1) * counted.unsqueeze(1)
            lost = functional.binary_cross_entropy_with_logits(said, targets, reduction="none") * weight
            strongest = (said + (real.unsqueeze(-1) - 1) * 1e4).amax(1)
            missed = functional.binary_cross_entropy_with_logits(strongest, whole, reduction="none") * counted
            loss = (0.5 * lost.sum() + missed.sum()) / len(ids)
            chosen.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            chosen.step()
            schedule.step()
            total += loss.item()
        if (epoch + 1) % 5 == 0:
            print(f"seed {seed}, epoch {epoch + 1}: loss {total / steps * how.epochs:.3f}", flush=True)
    return network


@torch.no_grad()
def strongest(networks: list[Network], examples: list[Example]) -> np.ndarray:
    """Give [post, label]: the mean of the networks' strongest sentences."""
    total = 0.0
    for network in networks:
        network.eval()
        rows = []
        for start in range(0, len(examples), 64):
            ids, kinds, _, real, _, _ = batch(examples[start : start + 64], training=False)
            said = network(ids, kinds, real.shape[1]) + (real.unsqueeze(-1) - 1) * 1e4
            rows.append(said.amax(1).numpy())
        total = total + np.concatenate(rows)
    return np.asarray(total / len(networks))


def report(scores: np.ndarray, examples: list[Example], threshold: float) -> None:
    """Print how often posts are stopped rightly and wrongly at a threshold, and by label."""
    plain = [i for i, label in enumerate(LABELS) if ":" not in label]
    top = scores[:, plain].max(1)
    bad = np.array([bool(e.post.codes - {"UD"}) for e in examples])
    clean = np.array([not e.post.codes for e in examples])
    for share in (0.03, 0.05, 0.1):
        at = float(np.quantile(top[clean], 1 - share))
        print(f"  at {share:.0%} of clean posts stopped ({at:+.2f}): {np.mean(top[bad] <= at):.1%} missed")
    print(
        f"  at {threshold:+.2f}: clean stopped {np.mean(top[clean] > threshold):.1%}, "
        f"missed {np.mean(top[bad] <= threshold):.1%}"
    )
    for place in plain:
        holds = np.array([LABELS[place] in e.post.codes for e in examples])
        free = np.array([LABELS[place] in e.post.codes or LABELS[place] in e.post.tolerated for e in examples])
        told = scores[:, place] > threshold
        print(
            f"  {LABELS[place]}: recall {np.mean(told[holds]):.0%} of {holds.sum()}, "
            f"precision {np.mean(free[told]) if told.any() else 1:.0%}"
        )


# --- writing ----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def write(networks: list[Network], vocabulary: Vocabulary, path: Path) -> None:
    """Write the networks side by side as one: their filters, their hidden units, the mean of their answers."""
    table, biases, scales = [], [], []
    for network in networks:
        rows = _rows(network)
        scale = np.abs(rows).max((0, 1)) / 127
        scales.append(scale)
        table.append(np.round(rows / scale).astype(np.int8))
        biases.append(np.round(network.slide.bias.numpy() / scale))
    filters, share = sum(n.filters for n in networks), 1 / len(networks)
    rows = np.concatenate(table, 2)
    dense: list[np.ndarray] = [np.concatenate(biases)]
    here, around = (
        [
            _widened(n.hidden.weight.numpy(), s, k, networks, part)
            for k, (n, s) in enumerate(zip(networks, scales, strict=True))
        ]
        for part in (0, 1)
    )
    dense += [np.concatenate(here), np.concatenate(around)]
    for part in (0, 1):
        direct = [
            n.direct.weight.numpy()[:, part * n.filters : (part + 1) * n.filters] * s * share
            for n, s in zip(networks, scales, strict=True)
        ]
        dense.append(np.concatenate(direct, 1))
    kinds = [n.kind.weight.numpy() for n in networks]
    dense.append(
        np.concatenate(
            [
                k @ n.hidden.weight.numpy()[:, -16:].T + n.hidden.bias.numpy()
                for k, n in zip(kinds, networks, strict=True)
            ],
            1,
        )
    )
    dense.append(
        sum(
            (k @ n.direct.weight.numpy()[:, -16:].T + n.direct.bias.numpy() + n.out.bias.numpy()) * share
            for k, n in zip(kinds, networks, strict=True)
        )
    )
    dense.append(np.concatenate([n.out.weight.numpy() * share for n in networks], 1))
    words = "\n".join(vocabulary.words).encode()
    header = {
        "labels": [_name(label) for label in LABELS],
        "width": networks[0].width,
        "filters": filters,
        "hidden": sum(n.hidden.out_features for n in networks),
        "kinds": ["", *("outreach" if kind == "community-outreach" else kind for kind in KINDS)],
        "buckets": BUCKETS,
        "words": len(words),
    }
    head = json.dumps(header).encode()
    floats = array("f", [float(value) for part in dense for value in np.asarray(part).ravel()])
    path.write_bytes(MAGIC + struct.pack("<I", len(head)) + head + words + rows.tobytes() + floats.tobytes())
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {len(vocabulary.words)} words")


def _rows(network: Network) -> np.ndarray:
    """Give [row, width, filter]: known words, beginnings, ends, shapes."""
    weight = network.slide.weight.numpy()
    known = network.word.weight[1:].numpy() + network.word_parts
    told = np.concatenate(
        [known, network.front.weight[1:].numpy(), network.back.weight[1:].numpy(), network.shape.weight.numpy()]
    )
    return np.einsum("rs,fsw->rwf", told, weight)


def _widened(weight: np.ndarray, scale: np.ndarray, at: int, networks: list[Network], part: int) -> np.ndarray:
    """Give a network's hidden weights over the filters of all networks."""
    before = sum(n.filters for n in networks[:at])
    wide = np.zeros((len(weight), sum(n.filters for n in networks)), np.float32)
    filters = networks[at].filters
    wide[:, before : before + filters] = weight[:, part * filters : (part + 1) * filters] * scale
    return wide


def _name(label: str) -> str:
    code, _, severity = label.partition(":")
    return f"{CODES[code]}:{severity}" if severity else CODES[code]


def main() -> None:
    """Train, measure, write."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--without", default=HELD_OUT.stem, help="writers to examine with, separated by commas")
    asks.add_argument("--dry", action="store_true", help="write nothing")
    asks.add_argument("--out", type=Path, help="where to write the weights; default: where the product reads them")
    asks.add_argument("--threshold", type=float, default=-1.0)
    for name, value in (("epochs", 15), ("size", 64), ("filters", 96), ("width", 5), ("hidden", 48), ("batch", 32)):
        asks.add_argument(f"--{name}", type=int, default=value)
    asks.add_argument("--seeds", type=int, default=1)
    asks.add_argument("--rate", type=float, default=2e-3)
    how = asks.parse_args()
    examples = [example(post) for post in [*read_all(), *rendered(RENDERED)]]
    examples = [e for e in examples if e.sentences]
    examined = [e for e in examples if e.post.writer in how.without.split(",")]
    learned = [e for e in examples if e.post.writer not in how.without.split(",")]
    vocabulary = Vocabulary(learned)
    for e in examples:
        e.ids = vocabulary.ids(e.sentences)
    print(f"{len(learned)} to learn from, {len(examined)} to examine with, {len(vocabulary.words)} words")
    networks = [train(learned, vocabulary, seed, how) for seed in range(how.seeds)]
    if examined:
        report(strongest(networks, examined), examined, how.threshold)
    for network in networks:
        parts = vocabulary.ids([[Token(word, 0, 0, 0)] for word in vocabulary.words])
        network.word_parts = (
            (network.front(torch.tensor(parts[1])) + network.back(torch.tensor(parts[2]))).detach().numpy()
        )
    if not how.dry:
        write(networks, vocabulary, how.out or WEIGHTS)


if __name__ == "__main__":
    main()
