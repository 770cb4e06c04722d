"""What this department adds to the policy: config/policy.toml and its own rule files, read whole, every mistake told.

Nothing is taken away: a rule is added to, switched to `review`, or stands beside the built-in ones.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from notifier.errors import Problem, SettingsError
from notifier.policy.added import Added
from notifier.policy.lexicon import ANY
from notifier.policy.normalising import fold
from notifier.policy.passage import Hit
from notifier.policy.patterns import Pattern, read_pattern
from notifier.policy.post import Post
from notifier.policy.sentences import sentences_of, words_of
from notifier.policy.wording import LANGUAGES, Clause, OwnRule, Wording, labels
from notifier.settings import NAME, NAME_RULE, Settings, section_problems

LONGEST_PHRASE = 100
"""Characters."""

Find = Callable[[Post, Clause], Iterable[Hit]]

_TOML_STRING = re.compile(r"\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*", re.DOTALL)


def _with_english(mend: dict[str, str]) -> dict[str, str]:
    if "en" not in mend:
        raise ValueError('has no advice in English; add en = "…"')
    return mend


class OwnWording(BaseModel):
    """A wording file of a department's own rule, of the same form as the built-in ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    clause: str = Field(min_length=1)
    label: str | None = None
    verdict: Literal["review", "block"]
    order: str = ""
    why: str = Field(min_length=1)
    reasons: dict[str, str] = {}
    mend: Annotated[dict[str, str], AfterValidator(_with_english)]
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    en: dict[str, str] = {}
    es: dict[str, str] = {}
    pt: dict[str, str] = {}
    ht: dict[str, str] = {}


def read_wording(settings: Settings) -> tuple[Wording, list[Problem]]:
    """Read what a department adds; every mistake of it is a problem with its file and key."""
    problems: list[Problem] = []
    file = settings.folder / "policy.toml"
    added: dict[str, Added] = {}
    known = labels()
    for label, table in settings.policy.rules.items():
        place = f"rules.{label}"
        if label not in known:
            said = f'"{label}" is not a rule of the order; the rules are {", ".join(known)}'
            problems.append(Problem(f"policy.toml: {place}", said))
        checked = _Checked(file, "policy.toml", place, problems)
        added[label] = Added(checked.words(table.words), checked.patterns(table.patterns), table.verdict)
    own: list[OwnRule] = []
    for name, where in settings.policy.own.items():
        try:
            own.append(_own_rule(name, where.file, settings.folder))
        except SettingsError as wrong:
            problems += wrong.problems
    return Wording(added, own), problems


# --- phrases and patterns ---------------------------------------------------------------------------------------------


class _Checked:
    """The phrases and patterns of one table, without those that are wrong; what is wrong is added to the problems.

    path: the file as it stands on disk, to tell a pattern's line. file, place: how the problems name it.
    """

    def __init__(self, path: Path, file: str, place: str, problems: list[Problem]) -> None:
        self._path, self._file, self._place, self._problems = path, file, place, problems

    def words(self, phrases: Iterable[str]) -> list[str]:
        right = []
        for phrase in phrases:
            if (trouble := _phrase_trouble(phrase)) is None:
                right.append(phrase)
            else:
                self._problems.append(Problem(f"{self._file}: {self._key('words')}", f"“{phrase[:60]}” {trouble}"))
        return right

    def patterns(self, written: Iterable[str]) -> list[Pattern]:
        right = []
        for one in dict.fromkeys(written):
            try:
                right.append(read_pattern(one))
            except ValueError as wrong:
                where = f"{self._file}: {self._key('patterns')}, line {line_of(self._path, self._place, one)}"
                self._problems.append(Problem(where, f"“{one[:60]}” {wrong}"))
        return right

    def _key(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


def _phrase_trouble(phrase: str) -> str | None:
    plain = fold(phrase)
    words = [word for part in plain.split() for word in ([ANY] if part == ANY else words_of(part))]
    if not any(word != ANY for word in words):
        return "has no word that could be met; write one, or leave it out"
    if len(phrase) > LONGEST_PHRASE:
        return f"is longer than {LONGEST_PHRASE} characters, and would hardly be met; write its telling words alone"
    if words[0] == ANY:
        return f"begins with {ANY}, which is any word; begin with a word of its own"
    if len(sentences_of(plain)) > 1:
        return "is more than one sentence; posts are read sentence by sentence, so write each as a phrase"
    return None


def line_of(path: Path, table: str, value: str) -> int:
    """Give the line of a TOML file on which a text of a table stands (`table` empty: of the file), counted from 1."""
    text = path.read_text(encoding="utf-8")
    name = r"\s*\.\s*".join(f"[\"']?{re.escape(part)}[\"']?" for part in table.split("."))
    header = re.search(rf"^[ \t]*\[\s*{name}\s*\]", text, re.MULTILINE) if table else None
    for match in _TOML_STRING.finditer(text, header.end() if header else 0):
        if not match[0].startswith("#") and tomllib.loads(f"v = {match[0]}")["v"] == value:
            return text.count("\n", 0, match.start()) + 1
    return text.count("\n", 0, header.start()) + 1 if header else 1


# --- rules of its own -------------------------------------------------------------------------------------------------


def _own_rule(name: str, file: str, folder: Path) -> OwnRule:
    """Read a rule's wording and its Python file, if one stands beside it; SettingsError tells every mistake."""
    place = f"policy.toml: own.{name}"
    if not NAME.fullmatch(name):
        raise SettingsError([Problem(place, NAME_RULE)])
    if name in labels():
        raise SettingsError([Problem(place, f"is a rule of the order; add to it with [rules.{name}]")])
    problems: list[Problem] = []
    path = folder / file
    table = _table(path, file, place)
    try:
        wording = OwnWording.model_validate(table)
    except ValidationError as wrong:
        raise SettingsError(section_problems(wrong, file)) from None
    if wording.label is not None and wording.label not in labels():
        said = f'"{wording.label}" is not a label of the order; the labels are {", ".join(labels())}'
        problems.append(Problem(f"{file}: label", said))
    checked = _Checked(path, file, "", problems)
    added = Added(checked.words(wording.words), checked.patterns(wording.patterns))
    program = path.with_suffix(".py")
    find = _find(program, Path(file).with_suffix(".py").as_posix(), name, problems) if program.is_file() else None
    if find is None and not problems and not (added.words or added.patterns):
        said = f"finds nothing; give it words or patterns, or a {program.name} beside it with find(post, clause)"
        problems.append(Problem(file, said))
    if problems:
        raise SettingsError(problems)
    return OwnRule(Clause(wording.label or name, _plain(table), added, name), find or _nothing)


def _table(path: Path, file: str, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = Problem(f"{place}.file", f"there is no {file} in {path.parents[len(Path(file).parts) - 1]}; add it")
    except tomllib.TOMLDecodeError as wrong:
        problem = Problem(file, f"is not TOML: {wrong}")
    except (OSError, UnicodeDecodeError) as wrong:
        problem = Problem(file, f"cannot be read: {wrong}")
    raise SettingsError([problem])


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """Write the phrases of each language as texts are read: in small letters, without accents."""
    spoken = {one: {name: fold(phrases) for name, phrases in table.get(one, {}).items()} for one in LANGUAGES}
    return {**table, **spoken}


def _nothing(post: Post, clause: Clause) -> Iterable[Hit]:
    return ()


def _find(program: Path, file: str, name: str, problems: list[Problem]) -> Find | None:
    """Import a rule's Python file; whatever goes wrong in code that is not ours is told as the file's mistake."""
    spec = spec_from_file_location(f"notifier_own_{name}", program)
    if spec is None or spec.loader is None:
        raise AssertionError(f"{program} is a Python file")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as wrong:
        problems.append(Problem(file, f"does not import: {type(wrong).__name__}: {wrong}"))
        return None
    find = getattr(module, "find", None)
    if not callable(find):
        problems.append(Problem(file, "has no find(post, clause); add it, or take the file away"))
        return None
    return _watched(find, file)


def _watched(find: Find, file: str) -> Find:
    """Let nothing pass where a department's own rule fails: the sentence names its file."""

    def watched(post: Post, clause: Clause) -> list[Hit]:
        try:
            hits = list(find(post, clause))
        except Exception as wrong:
            said = f"find failed on this text, so nothing was judged: {type(wrong).__name__}: {wrong}; correct it"
            raise SettingsError([Problem(file, said)]) from wrong
        if not all(isinstance(hit, Hit) for hit in hits):
            raise SettingsError([Problem(file, "find must yield Hit(passage, start, end, reason), and yields others")])
        return hits

    return watched
