"""Warnings about valid flows that will annoy callers. Core, no I/O.

Errors (:mod:`ivr_agi.flow.load.faults`) are what cannot run; these are what should not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.catalogue import SHORT_TEXT, vendor_voice
from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.head import Words, words_in
from ivr_agi.flow.file.spec import Expression, PromptSpec, Template, walk
from ivr_agi.flow.file.step import InputSpec, StepSpec
from ivr_agi.flow.run.options import make_command_options
from ivr_agi.flow.run.templates import find_names
from ivr_agi.flow.steps.ask import AskStep
from ivr_agi.flow.steps.form import FormStep
from ivr_agi.flow.steps.http import HttpStep
from ivr_agi.flow.steps.logic import IfStep, SetStep
from ivr_agi.flow.steps.menu import Choice, ChoosingStep
from ivr_agi.flow.steps.python import PythonStep
from ivr_agi.flow.steps.record import RecordStep
from ivr_agi.flow.steps.route import RouteStep
from ivr_agi.flow.steps.say import SayStep
from ivr_agi.flow.steps.subflow import CallStep
from ivr_agi.flow.tools.evaluation import shared_examples
from ivr_agi.flow.tools.ways import ways_out
from ivr_agi.knobs import BargeIn
from ivr_agi.language.matching import confusable_pairs
from ivr_agi.language.text import Language, is_cjk, language_of, normalise
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.slots import SlotSpec
    from ivr_agi.wording import FieldPath

__all__ = ("VoiceOf", "Warned", "lint")

MAX_CHOICES = 5
LONG_PROMPT_CHARACTERS = {Language.CHINESE: 45, Language.ENGLISH: 150}
"""About ten seconds of speech."""
FEW_EXAMPLES = 5
MAX_WORDS = 10_000
"""Most hot words of one table (sis-protocol.md 13)."""


@dataclass(frozen=True)
class Warned:
    """One warning."""

    rule: str
    """Its name, e.g. ``unreachable``."""
    text: str
    place: FieldPath


VoiceOf = Callable[[str, str], str]
"""Returns the service's voice for a prompt's own voice ("" for none) and the call's language (""
for the installation's)."""


def lint(
    flow: Flow,
    *,
    has_sound: Callable[[str], bool] | None = None,
    voice_of: VoiceOf | None = None,
    recognizer_of: Callable[[str], str] | None = None,
) -> list[Warned]:
    """Return the warnings about a flow.

    Args:
        flow: A flow without faults.
        has_sound: Returns whether Asterisk has a recording; None: do not check.
        voice_of: The settings' voices; None: do not check whether they can say the prompts.
        recognizer_of: Returns the settings' recogniser for a language of the call ("": the
            installation's); None: do not check whether it knows the words.
    """
    found = [
        *_lint_ways(flow),
        *_lint_names(flow),
        *_lint_languages(flow),
        *_lint_words(flow),
        *(item for name, step in flow.inputs() for item in _lint_input(flow, name, step)),
        *(
            item
            for name, step in flow.steps.items()
            for item in _lint_prompts(flow, name, step, has_sound)
        ),
        *(_lint_voices(flow, voice_of) if voice_of is not None else ()),
        *(_lint_recognizers(flow, recognizer_of) if recognizer_of is not None else ()),
    ]
    return found


def _lint_ways(flow: Flow) -> Iterator[Warned]:
    graph = {name: set(ways_out(flow, step).values()) for name, step in flow.steps.items()}
    silent = {name: _ways_of_silence(flow, name, graph) for name in graph}
    begins = [flow.start, flow.on_error, flow.after_hang_up and flow.after_hang_up.go]
    reached = _reach({str(name) for name in begins if name}, graph)
    ending, ending_silent = _reach_ends(flow, graph), _reach_ends(flow, silent)
    for name, step in flow.steps.items():
        place: FieldPath = ["steps", name]
        if name not in reached:
            yield Warned("unreachable", f"no step leads to {name!r}", place)
        elif name not in ending:
            rule = "loop" if name in _reach(graph[name], graph) else "dead_end"
            yield Warned(rule, f"from {name!r} no way leads to an end of the call", place)
        elif isinstance(step, InputSpec) and name not in ending_silent:
            text = f"a caller who says nothing at {name!r} goes round until limits.turns"
            yield Warned("silence_loop", text, place)


def _ways_of_silence(flow: Flow, name: str, graph: Mapping[str, set[str]]) -> set[str]:
    """Return where a step leads if the caller says nothing."""
    step = flow.steps[name]
    if not isinstance(step, InputSpec):
        return graph[name]
    go = flow.limits.go or step.no_input.over(flow.defaults.no_input).go
    return {str(go)} if go else set()


def _reach_ends(flow: Flow, graph: Mapping[str, set[str]]) -> set[str]:
    """Return the steps from which an end can be reached."""
    backwards: dict[str, set[str]] = {name: set() for name in graph}
    for name, targets in graph.items():
        for target in targets:
            backwards[target].add(name)
    return _reach({name for name, step in flow.steps.items() if step.ends}, backwards)


def _reach(start: set[str], graph: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph[name])
    return reached


def _lint_names(flow: Flow) -> Iterator[Warned]:
    """Warn about template variables that are never set."""
    known = {"caller", "language", "result", "choice", "answer", "item", "error"}
    known |= set(flow.variables)
    secret: set[str] = set()
    for step in flow.steps.values():
        match step:
            case SetStep(values=values):
                known |= set(values)
            case HttpStep(save=save, secure=secure):
                known |= set(save)
                secret |= set(save) if secure else set()
            case AskStep(save=name, secure=secure) | PythonStep(save=name, secure=secure) if name:
                known.add(name)
                secret |= {name} if secure else set()
            case FormStep(fields=fields, secure=secure):
                known |= set(fields)
                secret |= set(fields) if secure else set()
            case CallStep(save=name) | RecordStep(save=name) if name:
                known.add(name)
            case RouteStep(save=name, secure=secure) if name:
                known.add(name)
                secret |= {name} if secure else set()
    for name, step in flow.steps.items():
        for path, value in walk(step):
            for variable in sorted(_reads(value)):
                place: FieldPath = ["steps", name, *path]
                if variable not in known:
                    text = f"nothing here sets {variable!r} (an argument of a call, perhaps)"
                    yield Warned("unknown_variable", text, place)
                elif variable in secret and not _may_read(step, path):
                    yield Warned("secret", f"{variable!r} is secure: it has no value here", place)


def _may_read(step: StepSpec, path: tuple[str | int, ...]) -> bool:
    """Return whether secure values are seen here; a form's own read-back has words for its own."""
    return isinstance(step, HttpStep | PythonStep | IfStep) or path == ("read_back_prompt",)


def _reads(value: object) -> set[str]:
    match value:
        case Expression():
            return set()  # unknown variables are false there
        case Template():
            return find_names(value)
        case PromptSpec():
            texts = [text for _, part in value.all_parts() for text in part.templates]
            return set().union(*map(find_names, texts)) if texts else set()
    return set()


def _lint_languages(flow: Flow) -> Iterator[Warned]:
    """Warn of languages that we have no texts of our own in."""
    known = {language.value for language in Language}
    for number, tag in enumerate(flow.languages):
        if tag[:2] not in known:
            text = f"texts of our own ('did you say', yes and no) are English in a {tag!r} call"
            yield Warned("language", text, ["languages", number])


def _lint_words(flow: Flow) -> Iterator[Warned]:
    """Warn of words that are no words, and of those that stand for a command as well."""
    for name, command in flow.commands.items():
        if command.words is not None:
            yield from _lint_list(command.words, ["commands", name, "words"])
    for name, step in flow.inputs():
        for path, slot in _slots(step):
            for number, option in enumerate(slot.listed):
                at: FieldPath = ["steps", name, *path, "options", number, "words"]
                yield from _lint_list(option.words, at)
        if not isinstance(step, ChoosingStep):
            continue
        for number, choice in enumerate(step.listed()):
            place: FieldPath = ["steps", name, "choices", number]
            yield from _lint_list(choice.words, [*place, "words"])
            if step.commands:
                yield from _lint_commands(flow, choice, place)


def _slots(step: InputSpec) -> Iterator[tuple[list[str], SlotSpec]]:
    """Yield the typed answers of a step, with their paths of keys."""
    if isinstance(step, AskStep):
        yield ["slot"], step.slot
    elif isinstance(step, FormStep):
        for name, field in step.fields.items():
            yield ["fields", name, "slot"], field.slot


def _lint_list(words: Words, place: FieldPath) -> Iterator[Warned]:
    """Warn of what is no word, in a list of words."""
    lists = words.values() if isinstance(words, dict) else [words]
    listed = [word for each in lists for word in each]
    if any("{{" in word or "{%" in word for word in listed):
        text = "words are never templates: callers would have to say the brackets"
        yield Warned("template_words", text, place)
    for word in listed:
        if sign := next((sign for sign in word.strip(_JOINING) if sign in _JOINING), ""):
            text = f"{word!r} is one phrase: write a comma in place of {sign!r} between words"
            yield Warned("joined_words", text, place)


_JOINING = "，、；;｜|"
"""Signs that people put between words, and YAML does not know."""


def _lint_commands(flow: Flow, choice: Choice, place: FieldPath) -> Iterator[Warned]:
    for language in flow.languages or ["en", "zh"]:
        mine = {normalise(word) for word in choice.words_in(language)}
        for option in make_command_options(flow, language):
            name = option.value.name
            if both := sorted(mine & {normalise(word) for word in option.words}):
                text = f"{both[0]!r} is a word of the command {name!r} too; here it is the choice"
                yield Warned("command_words", text, [*place, "words"])
                return
            if choice.key is not None and choice.key == option.key:
                text = (
                    f"key {choice.key} is that of the command {name!r} too; here it is the choice"
                )
                yield Warned("command_key", text, [*place, "key"])
                return


def _lint_input(flow: Flow, name: str, step: InputSpec) -> Iterator[Warned]:
    place: FieldPath = ["steps", name]
    if len(step.expected_words()) > MAX_WORDS:
        yield Warned("too_many_words", f"more than {MAX_WORDS} hot words", place)
    no_match = step.no_match.over(flow.defaults.no_match)
    if (no_match.after or 3) > 1 and step.prompt in no_match.prompts[:1]:
        text = "the first no-match prompt is the step's own: the caller is told nothing new"
        yield Warned("same_prompt", text, [*place, "no_match"])
    if isinstance(step, ChoosingStep):
        yield from _lint_menu(flow, step, place)


def _lint_menu(flow: Flow, menu: ChoosingStep, place: FieldPath) -> Iterator[Warned]:
    if isinstance(menu, RouteStep):  # nobody hears its choices
        yield from _lint_route(flow, menu, place)
        yield from _lint_sounds(flow, menu, place)
        return
    if len(menu.listed()) > MAX_CHOICES:
        text = f"{len(menu.listed())} choices: callers keep no more than {MAX_CHOICES} in mind"
        yield Warned("many_choices", text, [*place, "choices"])
    keys = {choice.key: number for number, choice in enumerate(menu.listed()) if choice.key}
    for number, choice in enumerate(menu.listed()):
        at: FieldPath = [*place, "choices", number]
        if choice.key is None:
            yield Warned("no_key", "the choice has no key: it gets a free one without speech", at)
            continue
        for key in keys:
            if key != choice.key and key.startswith(choice.key):
                text = f"key {choice.key} is the beginning of {key}: callers wait for nothing"
                yield Warned("key_prefix", text, at)
    yield from _lint_sounds(flow, menu, place)


def _lint_route(flow: Flow, route: RouteStep, place: FieldPath) -> Iterator[Warned]:
    """Warn of examples that teach the wrong thing, or too little."""
    values = [choice.value_told() for choice in route.listed()]
    for language in flow.languages or [""]:
        for text, first, second in shared_examples(route, language):
            at: FieldPath = [*place, "choices", second, "examples"]
            yield Warned("shared_example", f"{text!r} is an example of {values[first]!r} too", at)
        for number, choice in enumerate(route.listed()):
            at = [*place, "choices", number, "examples"]
            count = len(choice.examples_in(language))
            if count < FEW_EXAMPLES:
                where = f" in {language}" if language else ""
                text = f"{count} examples{where}: with {FEW_EXAMPLES} and more it is understood"
                yield Warned("few_examples", text, at)


@dataclass(frozen=True)
class _Said:
    words: list[str]
    key: str | None = None


def _lint_sounds(flow: Flow, menu: ChoosingStep, place: FieldPath) -> Iterator[Warned]:
    for language in flow.languages or [""]:
        said = [_Said(_words_of(choice, language)) for choice in menu.listed()]
        for pair in confusable_pairs(said):
            text = f"{pair.first!r} and {pair.second!r} sound alike ({pair.similarity:.2f})"
            yield Warned("sounds_alike", text, [*place, "choices", pair.second_index])
    for number, choice in enumerate(menu.listed()):
        missing = [
            language
            for language in flow.languages
            if isinstance(choice.words, dict) and not choice.words.get(language)
        ]
        if missing:
            text = f"no words in {', '.join(missing)}"
            yield Warned("missing_language", text, [*place, "choices", number, "words"])


def _words_of(choice: Choice, language: str) -> list[str]:
    return words_in(choice.words, language) if language else choice.all_words()


def _lint_prompts(
    flow: Flow, name: str, step: StepSpec, has_sound: Callable[[str], bool] | None
) -> Iterator[Warned]:
    for path, value in walk(step):
        if not isinstance(value, PromptSpec):
            continue
        place: FieldPath = ["steps", name, *path]
        if missing := sorted(value.missing_languages(list(flow.languages))):
            yield Warned("missing_language", f"no text in {', '.join(missing)}", place)
        for language, part in value.all_parts():
            if part.recording and "{{" not in part.recording:
                if has_sound is not None and not has_sound(part.recording):
                    text = f"there is no recording {part.recording!r}"
                    yield Warned("missing_recording", text, place)
            elif is_ssml(part.text):
                if problem := _ssml_problem(part.text, part.voice):
                    yield Warned("ssml", problem, place)
            elif len(part.text) > SHORT_TEXT:
                text = f"{len(part.text)} characters; the service takes {SHORT_TEXT}"
                yield Warned("long_text", text, place)
            if path == ("prompt",) and _is_deaf(flow, step):
                yield from _lint_length(language, part.text, place)


def _ssml_problem(text: str, voice: str) -> str:
    """Say why the service refuses SSML, or this voice does not take it; "" if it does.

    Args:
        text: SSML.
        voice: A voice of the service; a language or "" stands for one that takes SSML.
    """
    try:
        check_ssml(text, vendor_voice(voice if "_" in voice else "chinese_huaxiaomei"))
    except ConfigError as exc:
        return exc.reason
    return ""


def _lint_voices(flow: Flow, voice_of: VoiceOf) -> Iterator[Warned]:
    """Warn of texts that the voice of the settings cannot say."""
    named = [("commands", flow.commands), ("steps", flow.steps)]
    holders: list[tuple[FieldPath, object]] = [(["defaults"], flow.defaults)]
    for section, members in named:
        holders += [([section, name], member) for name, member in members.items()]
    for begin, holder in holders:
        for path, value in walk(holder):
            if isinstance(value, PromptSpec):
                for problem, rule in dict(_voice_problems(flow, value, voice_of)).items():
                    yield Warned(rule, problem, [*begin, *path])


def _lint_recognizers(flow: Flow, recognizer_of: Callable[[str], str]) -> Iterator[Warned]:
    """Warn of choices that the recogniser of the settings cannot hear."""
    for tag in flow.languages or [""]:
        recognizer = recognizer_of(tag)
        if recognizer.partition("_")[0] != _ENGLISH:
            continue
        for name, step in flow.inputs():
            listed = step.listed() if isinstance(step, ChoosingStep) else ()
            for number, choice in enumerate(listed):
                words = _words_of(choice, tag)
                if words and all(map(is_cjk, words)):
                    text = f"{recognizer} hears English: nobody can say {words[0]!r}"
                    place: FieldPath = ["steps", name, "choices", number, "words"]
                    yield Warned("recognizer", text, place)


def _voice_problems(flow: Flow, prompt: PromptSpec, voice_of: VoiceOf) -> Iterator[tuple[str, str]]:
    """Yield what a voice cannot say of a prompt, and the name of the rule."""
    for tag in flow.languages or [""]:
        for own, part in prompt.all_parts(tag):
            if part.recording or "{" in part.voice:
                continue
            voice = voice_of(part.voice, tag or own)
            if is_cjk(part.text) and vendor_voice(voice).language == _ENGLISH:
                yield f"{voice} is an English voice: it spells Chinese text sign by sign", "voice"
            elif (
                is_ssml(part.text) and "_" not in part.voice and not vendor_voice(voice).takes_ssml
            ):
                yield f"{voice} takes no SSML: callers hear the words without it", "ssml"


_ENGLISH = "english"
"""First part of the names of voices and recognisers that know no Chinese."""


def _lint_length(language: str, text: str, place: FieldPath) -> Iterator[Warned]:
    spoken = language_of(language, default=Language.ENGLISH)
    limit = LONG_PROMPT_CHARACTERS[Language.CHINESE if is_cjk(text) else spoken]
    if len(text) > limit:
        message = f"{len(text)} characters that nobody can interrupt"
        yield Warned("no_barge_in", message, place)


def _is_deaf(flow: Flow, step: StepSpec) -> bool:
    if isinstance(step, InputSpec) and not isinstance(step, RecordStep):
        return (step.barge_in or flow.defaults.barge_in) is BargeIn.NONE
    if isinstance(step, SayStep):
        return step.barge_in is BargeIn.NONE
    return isinstance(step, RecordStep)
