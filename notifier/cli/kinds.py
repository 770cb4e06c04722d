"""`notify KIND` and `notify preview KIND`: the parser is made from the kind's fields, and from nothing else."""

import inspect
import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_origin

import typer

from notifier.cli.documents import (
    delivery_name,
    delivery_words,
    exit_code,
    revision_document,
    tell,
    tell_delivery,
    tell_findings,
    tell_idle_practice,
    tell_left,
)
from notifier.cli.session import actor, made, note, open_house, print_json
from notifier.errors import InvalidNotification, Problem, WrongUsage
from notifier.field_types import Reading
from notifier.kind import Kind, option_name, own_fields, read_kind
from notifier.plan import Plan
from notifier.publish import Request
from notifier.registry import kind, kind_slugs, route
from notifier.wiring import House

DEFAULT_WAIT = 20.0

_PICTURE = {"photo", "attachments"}


def publish_command(slug: str) -> Any:
    """Make the command that publishes one kind."""
    return made(kind_function(kind(slug), _publish, PUBLISH_OPTIONS), slug)


def command(name: str) -> Any:
    """Make `notify preview`, with a subcommand for each kind; only the called kind is imported."""
    from typer.core import TyperGroup

    class Previews(TyperGroup):
        """One preview a kind."""

        def list_commands(self, ctx: Any) -> list[str]:
            return kind_slugs()

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in kind_slugs():
                return None
            preview = made(kind_function(kind(cmd_name), _preview, _PREVIEW_OPTIONS), cmd_name)
            preview.name = cmd_name
            return preview

    app = typer.Typer(cls=Previews, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(help="Show what each channel would publish: text, length, findings. Sends nothing.")(lambda: None)
    return typer.main.get_command(app)


# --- the parser, made from the fields ---------------------------------------------------------------------------------


def option(name: str, flag: str, annotation: Any, default: Any, help_: str, metavar: str | None = None) -> Any:
    """Make one option of a command that is made from a kind's fields."""
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Option(default, flag, help=help_, metavar=metavar),
        annotation=annotation,
    )


def _field_options(of: type[Kind], required_ones: Collection[str]) -> list[inspect.Parameter]:
    """One option a field; every value is text, so that a wrong one gets the kind's own sentence."""
    options = []
    for name in in_order(of):
        about = of.model_fields[name]
        flag = f"--{option_name(of, name).replace('_', '-')}"
        required = " (required)" if name in required_ones else ""
        help_ = f"{(about.description or name).capitalize()}{required}"
        if about.annotation is bool:
            options.append(option(name, flag, bool, False, help_))
        elif get_origin(about.annotation) is tuple:
            options.append(option(name, flag, list[str] | None, None, help_, "TEXT…"))
        else:
            options.append(option(name, flag, str | None, None, help_, "TEXT"))
    return options


def required_fields(of: type[Kind]) -> list[str]:
    """Name the fields without which nothing of this kind is published."""
    return [name for name in own_fields(of) if of.model_fields[name].is_required()]


def in_order(of: type[Kind]) -> list[str]:
    """The fields as a dispatcher meets them: the kind's own, the required ones first, then those of every kind."""
    own, required = own_fields(of), required_fields(of)
    common = [name for name in of.model_fields if name not in own and name != "attachments"]
    return [*required, *(name for name in own if name not in required), *common]


def _common(*, publishing: bool) -> list[inspect.Parameter]:
    options = [
        option("channel", "--channel", list[str] | None, None, "Only this channel; repeat for more", "NAME"),
        option(
            "language", "--language", str | None, None, "Languages, as en,es; default: the department's first", "LIST"
        ),
        option("at", "--at", str | None, None, "Publish at this time", "TIME"),
        option("attach", "--attach", list[str] | None, None, "A picture or paper; repeat for more", "FILE"),
        option("alt", "--alt", list[str] | None, None, "What the picture shows; in the pictures' order", "TEXT"),
        option("rights", "--rights", list[str] | None, None, "Who holds the picture's rights; in order", "TEXT"),
        option("exercise", "--exercise", bool, False, "A drill: goes only to practice accounts, and says so"),
        option("fields", "--fields", str | None, None, "Read the fields from JSON (- is stdin)", "FILE"),
        option("skip_unfit", "--skip-unfit", bool, False, "Leave a channel out whose text cannot fit"),
        option("as_user", "--as", str | None, None, "Who is asking; default $NOTIFY_USER, else the login", "USER"),
        option("as_json", "--json", bool, False, "Print one JSON document on stdout, nothing else"),
        option("config", "--config", str | None, None, "The configuration's folder", "DIR"),
    ]
    if publishing:
        options += [
            option("dry_run", "--dry-run", bool, False, "Say what would go where; store and send nothing"),
            option("wait", "--wait", float, DEFAULT_WAIT, "Seconds to wait for deliveries", "SECONDS"),
            option("no_wait", "--no-wait", bool, False, "Store it and leave the sending to notify run"),
        ]
    else:
        options.append(option("html", "--html", str | None, None, "Write the preview as a page", "FILE"))
    return options


PUBLISH_OPTIONS = _common(publishing=True)
_PREVIEW_OPTIONS = _common(publishing=False)


def kind_function(
    of: type[Kind],
    act: Callable[[type[Kind], dict[str, Any]], int],
    options: list[Any],
    required: Collection[str] | None = None,
) -> Any:
    """Make the typed function of a command that takes a kind's fields.

    act: what it does with the kind and the values given; answers the exit code. required: the fields that its help
    marks, default those that the kind requires.
    """

    def run(**values: Any) -> None:
        raise typer.Exit(act(of, values))

    parameters = [*_field_options(of, required_fields(of) if required is None else required), *options]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = f"{(of.__doc__ or of.summary).strip()}"
    return run


# --- reading the fields -----------------------------------------------------------------------------------------------


def _read(of: type[Kind], given: Mapping[str, Any], house: House) -> Kind:
    """Read the facts from options and --fields; on a terminal, ask for what is required and missing."""
    data = given_fields(of, given)
    if not given["as_json"] and sys.stdin.isatty():
        _ask(of, data)
    return read_kind(of, data, Reading(house.clock(), house.settings.department.zone))


def given_fields(of: type[Kind], given: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what was given of a kind's fields, by option and in --fields; nothing is asked or checked."""
    data: dict[str, Any] = _fields_file(given["fields"]) if given["fields"] else {}
    for name in of.model_fields:
        value = given.get(name)
        if value not in (None, [], False):
            data[option_name(of, name)] = value
    _attach(of, data, given)
    return data


def _fields_file(path: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        value = json.loads(text)
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidNotification([Problem("--fields", f"{path} cannot be read ({wrong})")]) from None
    except (ValueError, RecursionError) as wrong:
        raise InvalidNotification([Problem("--fields", f"{path} does not hold JSON: {wrong}")]) from None
    if not isinstance(value, dict):
        raise InvalidNotification([Problem("--fields", f'{path} must hold one JSON object, as {{"street": "…"}}')])
    return value


def _attach(of: type[Kind], data: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Pair pictures with --alt and --rights in order, a `photo` first."""
    files = [*(given["attach"] or [])]
    photo = data.get("photo") if "photo" in of.model_fields else None
    own_photo = isinstance(photo, str)
    alts, rights = [*(given["alt"] or [])], [*(given["rights"] or [])]
    pictures = [photo, *files] if own_photo else files
    if len(alts) > len(pictures) or len(rights) > len(pictures):
        said = "--alt" if len(alts) > len(pictures) else "--rights"
        raise InvalidNotification([Problem(said, "there are more of these than pictures; attach the picture too")])
    paired = [
        {
            "file": file,
            **({"alt": alts[n]} if n < len(alts) else {}),
            **({"rights": rights[n]} if n < len(rights) else {}),
        }
        for n, file in enumerate(pictures)
    ]
    if own_photo:
        data["photo"] = paired.pop(0)
    if paired:
        data["attachments"] = [*data.get("attachments", []), *paired]


def _ask(of: type[Kind], data: dict[str, Any]) -> None:
    for name, about in of.model_fields.items():
        if about.is_required() and option_name(of, name) not in data:
            data[option_name(of, name)] = typer.prompt((about.description or name).capitalize(), err=True)


def _languages(given: str | None, house: House) -> tuple[str, ...]:
    known = house.settings.department.languages
    if not given:
        return known[:1]
    wanted = tuple(dict.fromkeys(part.strip().lower() for part in given.split(",") if part.strip()))
    wrong = [language for language in wanted if language not in known]
    if wrong or not wanted:
        said = f'"{wrong[0]}" is not a language of department.toml' if wrong else "is empty"
        raise InvalidNotification([Problem("--language", f"{said}; choose from {', '.join(known)}")])
    return wanted


def _request(of: type[Kind], given: Mapping[str, Any], house: House) -> Request:
    facts = _read(of, given, house)
    who = actor(given["as_user"])
    release = None
    if given["at"]:
        release = release_time(given["at"], house)
    return Request(
        facts=facts,
        languages=_languages(given["language"], house),
        author=who.user,
        login=who.login,
        status="exercise" if given["exercise"] else "actual",
        release=release,
        skip_unfit=given["skip_unfit"],
    )


def release_time(text: str, house: House) -> datetime | None:
    """Read --at; None where that is not to come."""
    from notifier.when import read_time

    try:
        at = read_time(text, house.clock(), house.settings.department.zone)
    except (ValueError, OverflowError) as wrong:
        raise InvalidNotification([Problem("--at", str(wrong))]) from None
    return at if at > house.clock() else None


# --- publish ----------------------------------------------------------------------------------------------------------


def _publish(of: type[Kind], given: dict[str, Any]) -> int:
    with open_house(given["config"]) as house:
        request = _request(of, given, house)
        names = route(house.settings, of.slug, tuple(given["channel"] or ()))
        if given["dry_run"]:
            plan = house.publisher.decide(request, house.targets(names))
            return show_plan(plan, given)
        plan = house.publisher.decide(request, house.targets(names, house.store.accounts()))
        return carry_out(plan, given, house)


def carry_out(plan: Plan, given: Mapping[str, Any], house: House, warnings: Iterable[str] = ()) -> int:
    """Store a plan, deliver what may go now, and tell what became of it; answers the exit code.

    warnings: what else the person must know.
    """
    id_, quiet = plan.notification.id, given["as_json"]
    earlier = house.store.alike(plan)
    deliverer = house.deliverer(None if quiet else _progress)
    may_go = house.publisher.prepare(plan, deliver_here=None if given["no_wait"] else deliverer)
    warnings = [*warnings, *(str(problem) for problem in plan.unfit)]
    if earlier:
        warnings.insert(0, f"this is identical to {earlier} of the last ten minutes; both are published")
    for warning in warnings:
        note(f"notify: {warning}", "yellow")
    waits = plan.release > house.clock()
    if may_go and not given["no_wait"] and not waits:
        if not quiet:
            note(f"{plan.headline}  [{id_}]", "bright_white")
        house.publisher.release(id_, deliverer, given["wait"])
    shown = revision_document(house.store, plan)
    if quiet:
        print_json({**shown, "warnings": warnings})
    shown = {**shown, "deliveries": [one for one in shown["deliveries"] if one["revision"] == shown["revision"]]}
    if not quiet:
        _tell_end(shown, house, told=may_go and not given["no_wait"] and not waits)
    tell_idle_practice(shown, [account.name for account in house.accounts.values() if not account.live])
    tell_left(house, id_)
    return exit_code(shown, queued=given["no_wait"] or waits)


def _progress(claim: Any, following: Any) -> None:
    if following.state != "delivered":
        tell_delivery(claim.channel, following.state, following.detail or following.state)


def _tell_end(shown: Mapping[str, Any], house: House, *, told: bool) -> None:
    zone, now = house.settings.department.zone, house.clock()
    if not told:
        tell(shown, zone, now)
        return
    for delivery in shown["deliveries"]:
        if delivery["state"] == "delivered":
            tell_delivery(delivery_name(delivery), "delivered", delivery_words(delivery, zone, now))
    for refused in shown["refused"]:
        tell_delivery(refused["channel"], "cancelled", f"left out: {refused['reason']}")


# --- preview ----------------------------------------------------------------------------------------------------------


def _preview(of: type[Kind], given: dict[str, Any]) -> int:
    with open_house(given["config"]) as house:
        request = _request(of, given, house)
        names = route(house.settings, of.slug, tuple(given["channel"] or ()))
        plan = house.publisher.decide(Request(**{**vars(request), "skip_unfit": True}), house.targets(names))
        if given["html"]:
            from notifier.web.preview import preview_page

            handles = {name: getattr(house.accounts[name].settings, "handle", "") for name in names}
            page = preview_page(plan, house.settings.department, handles)
            try:
                Path(given["html"]).write_text(page, encoding="utf-8")
            except OSError as wrong:
                raise WrongUsage(f"--html: {given['html']} cannot be written ({wrong.strerror})") from None
            note(f"notify: the preview is in {given['html']}")
        return show_plan(plan, given)


def show_plan(plan: Plan, given: Mapping[str, Any]) -> int:
    """Print a plan that is not carried out; answers the exit code that it would have."""
    from notifier.cli.previewing import plan_document, tell_plan

    if given["as_json"]:
        print_json(plan_document(plan))
    else:
        tell_plan(plan)
        tell_findings([finding.to_json() for finding in plan.judgement.findings])
    if plan.unfit:
        return 3
    return {"blocked": 4, "pending": 5, "published": 0}[plan.state]
