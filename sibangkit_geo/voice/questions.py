"""What `sibangkit mulai` asks, in order; each step says whether it had a question."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, get_args

from sibangkit_geo import codes
from sibangkit_geo.disclosure import LEVELS
from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.sources.household_source import CodeGeneration
from sibangkit_geo.study import guided
from sibangkit_geo.study.guided import Answers, Folder
from sibangkit_geo.study.new_study import NAME, Maps, register_of
from sibangkit_geo.voice import typed
from sibangkit_geo.voice.reporting import said
from sibangkit_geo.voice.talk import BackError, StoppedError, Talk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sibangkit_geo.study.begin import Inspected

# what an option of the command line settles is asked here, and which map is used is told anyway
_TOLD_HERE = ("(pilihan --", 'villages = "default"')
_NONE: Final = ""
_MAP_KEYS = ("code", "name", "district")


@dataclass
class Session:
    """
    A dialogue on its way.

    `given`: Folder that was named with the command, until it was looked at.
    `again`: Folder whose study file is run as it is.
    """

    talk: Talk
    given: Path | None = None
    again: Path | None = None
    opened: Folder | None = None
    answers: Answers = field(default_factory=Answers)
    _maps: dict[str, Maps] = field(default_factory=dict)

    @property
    def folder(self) -> Folder:
        """The folder that was looked at."""
        if self.opened is None:
            raise StoppedError
        return self.opened

    def settle(self, **said: object) -> bool:
        """Take an answer; true, as there was a question."""
        self.answers = replace(self.answers, **said)  # type: ignore[arg-type]
        return True

    def tables(self, answers: Answers | None = None) -> list[Inspected]:
        """Take the tables that are used."""
        return self.folder.tables(answers or self.answers)

    def maps(self, answers: Answers | None = None) -> Maps:
        """Choose the map; each choice is read once."""
        told = answers or self.answers
        key = repr((self.folder.path, told.uses, told.columns, self.folder.known(told)))
        if key not in self._maps:
            self._maps[key] = self.folder.choose_map(told)
        return self._maps[key]


def go_through(session: Session) -> None:
    """
    Ask all questions, forth and back; answers are kept in the folder after each.

    Raises StoppedError: The user or the input has ended it.
    """
    at, asked = 0, list[int]()
    while at < len(STEPS) and session.again is None:
        try:
            if STEPS[at](session):
                asked.append(at)
            at += 1
        except BackError:
            if not asked:
                session.talk.say("first")
            at = asked.pop() if asked else at
        if session.opened is not None and session.again is None:
            session.opened.keep(session.answers)


# ---- the folder
def ask_folder(session: Session) -> bool:
    """Settle the folder: as named with the command, else asked."""
    given, session.given = session.given, None
    if given is not None:
        try:
            _enter(session, typed.folder(str(given)))
        except typed.RefusedError as refused:
            session.talk.why(refused)
        else:
            return False
    session.talk.ask(
        session.talk.word("folder"),
        lambda text: _enter(session, typed.folder(text)),
        default=str(session.opened.path) if session.opened else "",
        raw=True,
    )
    return True


def _enter(session: Session, path: Path) -> None:
    """
    Look at a folder, unless its study file can be run as it is.

    Raises RefusedError: It holds nothing to ask about, or is closed to this account.
    """
    earlier = guided.kept(path)
    study = path / NAME
    failed = bool(earlier and earlier.study and earlier.study == guided.checksum_of(study))
    if study.exists() and not failed:
        session.again = path
        return
    session.talk.say("looking", folder=path.resolve().name or path)
    try:
        found = guided.open_folder(path)
        if not found.seen.tables and not found.seen.unreadable:
            raise typed.RefusedError("folder_empty")
        lost = earlier is None and (path / guided.KEPT).exists()
        found.keep(earlier or Answers())
    except OSError as error:
        raise typed.RefusedError("folder_closed", why=error.strerror or error) from error
    if lost:
        session.talk.say("unreadable_answers")
    elif earlier is not None:
        session.talk.say("retried" if failed else "resumed")
    session.opened, session.answers = found, earlier or Answers()


# ---- what each file is
def ask_files(session: Session) -> bool:
    """Show what was recognised; go on when it is right and can be used."""
    while True:
        _show(session)
        wrong = _hindrance(session)
        names = session.folder.files

        def read(text: str, names: tuple[str, ...] = names) -> str:
            if text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= len(names):
                return names[int(text) - 1]
            try:
                if typed.yes(text):
                    return _NONE
            except typed.RefusedError:
                pass
            raise typed.RefusedError("no_files_answer", most=len(names))

        yes = session.talk.word("yes")
        file = session.talk.ask(
            session.talk.word("files_right"), read, default="" if wrong else yes
        )
        if file == _NONE and wrong is None:
            return True
        if file == _NONE and wrong is not None:
            session.talk.why(wrong)
            continue
        try:
            _correct(session, file)
        except BackError:
            continue
        finally:
            session.folder.keep(session.answers)


def _show(session: Session) -> None:
    talk, folder = session.talk, session.folder
    maps = session.maps()
    talk.say("seen")
    for number, file in enumerate(folder.files, 1):
        kind = guided.use_of(folder, file, session.answers)
        if file in folder.maps:
            kind = maps.used.get(file, "not used")
        table = guided.corrected(folder, file, session.answers)
        words = [talk.word(kind, "kinds")]
        if table and table.report and kind in {"households", "members"}:
            report = table.report
            words.append(
                talk.word(
                    "rows", rows=numeral(report.rows_in), located=numeral(report.rows_located)
                )
            )
        talk.say("as_file", number=number, file=file, kind=", ".join(words))
        if table and kind == "unknown" and table.missing:
            talk.say("note", text=talk.word("lacks", what=said(table.missing)))
        _note(talk, _remarks(session, file, kind, table), file)
    _note(talk, maps.remarks)
    tables = session.tables()
    if tables and not guided.tells_poverty(tables):
        talk.say("note", text=talk.word("no_rate"))
    talk.say(_map_words(maps), file=used_map(maps))


def _note(talk: Talk, remarks: Iterable[str], file: str = "") -> None:
    for text in remarks:
        if not any(one in text for one in _TOLD_HERE):
            # the name of the file is part of what is translated
            talk.say("note", text=said(" ".join(text.split())).removeprefix(f"{file}: "))


def _remarks(session: Session, file: str, kind: str, table: Inspected | None) -> list[str]:
    if kind == "unreadable":
        return [session.folder.seen.unreadable[file]]
    if table is None or kind == "not used":
        return []
    return list(table.remarks)


def _map_words(maps: Maps) -> str:
    if any(one.startswith('villages = "ISI') for one in maps.lines):
        return "map_missing"
    return "map_used" if used_map(maps) else "map_default"


def used_map(maps: Maps) -> str:
    """Name the map that is used; empty for none of the folder."""
    return next((file for file, use in maps.used.items() if use == "boundaries"), "")


def _hindrance(session: Session) -> typed.RefusedError | None:
    """Say why these files cannot be used as they are; None where they can."""
    tables = session.tables()
    if not tables:
        return typed.RefusedError("no_table")
    if guided.asked_of_the_poor(tables) == "neither":
        register = register_of(tables)
        return typed.RefusedError("no_poor", file=register.file if register else "")
    return None


def _correct(session: Session, file: str) -> None:
    """Ask what a file is, and for the columns that it cannot be used without."""
    is_map = file in session.folder.maps
    options = ("boundaries", "not used") if is_map else ("households", "profiles", "not used")
    use = session.talk.pick(
        session.talk.word("file_is", file=file), options, words=session.talk.words["kinds"]
    )
    before = session.answers
    _use(session, file, use)
    if use == "not used":
        return
    try:
        if is_map:
            _name_map(session, file)
        elif guided.corrected(session.folder, file, session.answers):
            _name_columns(session, file, use)
        else:
            _use(session, file, "not used")
            session.talk.tell(said(session.folder.seen.unreadable[file]))
    except (BackError, StoppedError):
        session.answers = before
        raise


def _use(session: Session, file: str, use: str) -> None:
    session.settle(uses={**session.answers.uses, file: use})


def _name_columns(session: Session, file: str, use: str) -> None:
    """Ask for columns that a table lacks; without place or count it is not used."""
    table = guided.corrected(session.folder, file, session.answers)
    short = guided.lacking(table) if table else ()
    if "village_code" in short and not (
        _name_column(session, file, "village_code")
        or (
            _name_column(session, file, "district_name")
            and _name_column(session, file, "village_name")
        )
    ):
        session.talk.say("no_place", file=file)
        _use(session, file, "not used")
        return
    if "households" in short and not _name_column(session, file, "households"):
        session.talk.say("no_count", file=file)
        _use(session, file, "not used")
        return
    names = table.names if table else {}
    if use == "profiles" and "poor_share_percent" not in names:
        _name_column(session, file, "poor_share_percent")
    if use == "households" and not {"decile", "spending"} & set(names):
        _name_column(session, file, "decile")


def _name_map(session: Session, file: str) -> None:
    try:
        session.folder.columns_of(file)
    except SibangkitError as error:
        session.talk.why(typed.RefusedError("map_error", file=file))
        session.talk.say("note", text=said(" ".join(str(error).split())))
        _use(session, file, "not used")
        return
    for key in _MAP_KEYS:
        _name_column(session, file, key)


def _name_column(session: Session, file: str, variable: str) -> bool:
    """Ask for one column; false where the file has none."""
    talk = session.talk
    columns = session.folder.columns_of(file)
    question = talk.word("column_of", file=file, what=talk.word(variable, "columns"))
    named = dict(session.answers.columns.get(file, {}))
    column = talk.pick(
        question,
        (*columns, _NONE),
        words={_NONE: talk.word("no_column")},
        default=named.get(variable, ""),
    )
    named.pop(variable, None)
    if column != _NONE:
        named[variable] = column
    session.settle(columns={**session.answers.columns, file: named})
    return column != _NONE


# ---- what the files do not tell
def ask_crs(session: Session) -> bool:
    """Ask for the coordinate reference system of a map that names none."""
    bare = {name: {k: v for k, v in of.items() if k != "crs"}
            for name, of in session.answers.columns.items()}  # fmt: skip
    maps = session.maps(replace(session.answers, columns=bare))
    file = used_map(maps)
    if "crs" not in maps.asked or not file:
        return False
    earlier = session.answers.columns.get(file, {}).get("crs", "")
    found = session.talk.ask(session.talk.word("crs", file=file), typed.crs, default=earlier)
    return session.settle(columns={**bare, file: {**bare.get(file, {}), "crs": found}})


def ask_code_system(session: Session) -> bool:
    """Ask whose codes without dots are."""
    bare = replace(session.answers, code_system="")
    if not guided.asks_code_system(session.tables(bare), session.maps(bare)):
        return False
    return _pick(session, "code_system", codes.CODE_SYSTEMS)


def ask_generation(session: Session) -> bool:
    """Ask for the list of answer codes of a register."""
    if register_of(session.tables()) is None:
        return False
    return _pick(session, "code_generation", get_args(CodeGeneration))


def ask_level(session: Session) -> bool:
    """Ask who may see the products."""
    return _pick(session, "level", LEVELS)


def _pick(session: Session, key: str, options: tuple[str, ...]) -> bool:
    talk = session.talk
    earlier = getattr(session.answers, key)
    found = talk.pick(talk.word(key), options, words=talk.words["options"], default=earlier)
    return session.settle(**{key: found})


def _asks(
    key: str,
    parse: Callable[[str], object],
    *,
    when: Callable[[Session], bool] = lambda _: True,
    likely: Callable[[Session], object] = lambda _: "",
    may_be_open: bool = False,
) -> Callable[[Session], bool]:
    """
    Make a step that asks one plain question.

    `when`: Whether it is asked.
    `likely`: Offered where nothing was said yet.
    `may_be_open`: Whether the official figure as a whole may be left open here.
    """

    def read(text: str) -> object:
        return None if may_be_open and text.casefold() in typed.OPEN else parse(text)

    def step(session: Session) -> bool:
        if not when(session):
            return False
        earlier = getattr(session.answers, key)
        said_before = earlier not in {0, -1, ""}
        default = _typed(earlier if said_before else likely(session))
        found = session.talk.ask(session.talk.word(key), read, default=default)
        if found is None:
            return session.settle(rate_percent=-1.0)
        return session.settle(**{key: found})

    return step


def _typed(value: object) -> str:
    """Write a value as somebody would type it."""
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",") if value < 1_000 else f"{value:.0f}"
    return str(value or "")


def _figure(session: Session) -> bool:
    return session.answers.rate_percent >= 0


def ask_align(session: Session) -> bool:
    """Ask whether estimates are scaled to the official figure."""
    if not _figure(session):
        return False
    earlier = {"ya": "yes", "tidak": "no"}.get(session.answers.align, "")
    offered = session.talk.word(earlier) if earlier else ""
    yes = session.talk.ask(session.talk.word("align"), typed.yes, default=offered)
    return session.settle(align="ya" if yes else "tidak")


def ask_start(session: Session) -> bool:
    """Show all answers; go on by yes alone."""
    talk = session.talk
    talk.say("summary")
    for key, value in summary(session):
        talk.say("as_line", what=talk.word(key, "lines"), value=value)
    if not talk.ask(talk.word("start"), typed.yes):
        raise StoppedError
    return True


def summary(session: Session) -> list[tuple[str, str]]:
    """Word all answers, by key of the line."""
    talk, given, tables = session.talk, session.answers, session.tables()
    maps = session.maps()
    none = any(one.startswith('villages = "ISI') for one in maps.lines)
    poor = guided.asked_of_the_poor(tables)
    lines = [
        ("folder", session.folder.path.resolve().name),
        ("regency", codes.require_regency(session.folder.known(given).regency)),
        ("files", ", ".join(f"{one.file} ({talk.word(one.kind, 'kinds')})" for one in tables)),
        ("map", used_map(maps) or talk.word("no_map" if none else "default_map", "values")),
    ]
    if given.code_system:
        lines.append(("code_system", talk.word(given.code_system, "options")))
    if poor:
        lines.append(("code_generation", talk.word(given.code_generation, "options")))
    lines.append(("year", str(given.year)))
    if poor == "decile":
        lines.append((
            "decile_max", talk.word("decile_max", "values", number=given.decile_max)
        ))  # fmt: skip
    if poor == "spending":
        number = numeral(given.line_rp_month)
        lines.append(("line_rp_month", talk.word("line_rp_month", "values", number=number)))
    return [*lines, ("official", _official_words(session)), ("level", _level_words(session))]


def _official_words(session: Session) -> str:
    figures = guided.official(session.answers)
    if figures is None:
        return session.talk.word("left_open")
    return session.talk.word(
        "official",
        rate=_typed(figures.rate_percent),
        people=numeral(figures.poor_people),
        year=figures.year,
        source=figures.source,
    )


def _level_words(session: Session) -> str:
    return session.talk.word(session.answers.level, "options")


STEPS: Final[tuple[Callable[[Session], bool], ...]] = (
    ask_folder,
    ask_files,
    ask_crs,
    ask_code_system,
    ask_generation,
    _asks("year", typed.year, likely=lambda one: guided.likely_year(one.tables())),
    _asks(
        "decile_max",
        typed.decile,
        when=lambda one: guided.asked_of_the_poor(one.tables()) == "decile",
    ),
    _asks(
        "line_rp_month",
        typed.rupiah,
        when=lambda one: guided.asked_of_the_poor(one.tables()) == "spending",
    ),
    _asks("rate_percent", typed.percent, may_be_open=True),
    _asks("poor_people", typed.people, when=_figure, may_be_open=True),
    _asks("rate_year", typed.year, when=_figure, likely=lambda one: one.answers.year),
    _asks("rate_source", typed.source, when=_figure),
    ask_align,
    ask_level,
    ask_start,
)
