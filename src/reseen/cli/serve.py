"""``reseen serve``: the HTTP server, with everything that a first visitor needs to try it."""

import ctypes
import ipaddress
import shlex
import signal
import sys
from contextlib import ExitStack, suppress
from functools import partial
from importlib.resources import as_file, files
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.samples import PAIRS
from reseen.cli.speak import answering, people, read_settings
from reseen.domain.errors import Conflict

if TYPE_CHECKING:
    from reseen.ports import KeyStore
    from reseen.web.services import Services
    from reseen.wiring.access import Letting
    from reseen.wiring.banks import Banks
    from reseen.wiring.moderation import Moderation


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free one.")] = None,
) -> None:
    """Run the HTTP server until it is told to stop."""
    settings = read_settings(host=host, port=port)
    with answering(as_json=False):
        from reseen.web.observe import configure_logging
        from reseen.web.server import Server, listen
        from reseen.wiring.access import make_letting
        from reseen.wiring.banks import at_work, open_banks
        from reseen.wiring.moderation import make_moderation, on_duty
        from reseen.wiring.retention import retained
        from reseen.wiring.truth import open_truth

        configure_logging(settings.log_format)
        spare_memory()
        with open_truth(settings) as truth:
            if not is_loopback(settings.host) and not truth.keys.any_exists():
                raise Conflict(
                    f"{settings.host} can be reached by others, and no key exists yet. Make one "
                    "with 'reseen keys create --role owner', then start again."
                )
            try:
                bound = listen(settings.host, settings.port)
            except OSError as error:
                raise Conflict(
                    f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}. "
                    "Choose another with --port or RESEEN_PORT."
                ) from None
            with bound, open_banks(settings, truth) as banks, ExitStack() as beside:
                moderation = make_moderation(settings, banks)
                beside.enter_context(at_work(banks, moderation.handlers))
                beside.enter_context(on_duty(moderation))
                beside.enter_context(retained(moderation.retaining, truth))
                banks.reseen.scratch.folder()  # what a killed server left is removed before serving
                services = services_of(banks, moderation, make_letting(settings, truth))
                server = Server(services, settings, bound)
                first = truth.keys.create_first()
                console = browsed(server.address, settings.console_origin)
                welcome(server.address, console, first.secret if first else None)
                for ending in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(ending, leave)  # the server hands signals back when it is done
                server.run()


M_ARENA_MAX = -8


def spare_memory() -> None:
    """Let malloc of glibc keep two arenas, not eight a core: threads that each held a film once
    then do not keep its memory each. After 73 photos and 3 films: 435 MB resident, not 534 MB.
    """
    with suppress(AttributeError, OSError):  # another system, another malloc
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def leave(_number: int, _frame: FrameType | None) -> None:
    """End as the program ends by itself: what is open is closed, the status is 0."""
    people.print("  stopped")
    raise typer.Exit


def services_of(banks: "Banks", moderation: "Moderation", letting: "Letting") -> "Services":
    """What the web layer needs of everything."""
    from reseen.web.services import Access, Desk, Services

    truth, reseen = banks.truth, banks.reseen
    kept = truth.review
    desk = Desk(
        moderating=moderation.moderating,
        later=moderation.later,
        reporting=moderation.reporting,
        reviewing=moderation.reviewing,
        appealing=moderation.appealing,
        sorting=moderation.sorting,
        quarantining=moderation.quarantining,
        looking=moderation.looking,
        keeping=moderation.keeping,
        briefing=moderation.briefing,
        covering=moderation.covering,
        hooking=moderation.hooking,
        holding=moderation.holding,
        stating=moderation.stating,
        enacting=moderation.enacting,
        reckoning=moderation.reckoning,
        uploads=kept.uploads,
        clusters=kept.clusters,
        cases=kept.cases,
        decisions=kept.decisions,
        policies=kept.policies,
        quarantines=kept.quarantines,
        holds=kept.holds,
        audit=kept.audit,
        outbox=kept.outbox,
        endpoints=kept.endpoints,
        glances=kept.glances,
    )
    access = Access(
        admitting=letting.admitting,
        staffing=letting.staffing,
        keying=letting.keying,
        preferring=letting.preferring,
        people=truth.people.people,
        passkeys=truth.people.passkeys,
        unlocking=letting.unlocking,
        vouching=letting.vouching,
    )
    return Services(
        scratch=reseen.scratch.folder,
        fetcher=reseen.fetcher,
        open_file=reseen.open_file,
        compare=reseen.answering.compare,
        authenticate=truth.keys.authenticate,
        check_ready=partial(ask_database, truth.keys),
        banks=truth.banks,
        references=truth.references,
        jobs=truth.jobs,
        idempotency=truth.idempotency,
        index=banks.index,
        searching=banks.searching,
        ingesting=banks.ingesting,
        desk=desk,
        access=access,
    )


def ask_database(keys: "KeyStore") -> None:
    """Raises ``NotReady`` when keys cannot be read."""
    keys.any_exists()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def browsed(address: str, origin: str) -> str:
    """Where people open the console: the ``origin`` that is set, else ``localhost`` for loopback,
    since browsers make passkeys for names and not for 127.0.0.1.
    """
    return origin or address.replace("//127.0.0.1:", "//localhost:")


def welcome(address: str, console: str, secret: str | None) -> None:
    """The address, the key on the very first start, and a command to paste.

    Goes to standard error with the log, so that nothing that is piped on holds the key.
    """
    say = sys.stderr.write
    say(f"\n  reseen listens on {address}\n  Try it in a browser: {console}/console\n\n")
    if secret is None:
        say("  Your key was shown when the server first started.\n")
        say("  Make another:  reseen keys create --role owner\n")
    else:
        say("  Your owner key, shown this once:\n\n")
        say(f"      {secret}\n\n")
        say("  For people: make yourself the first owner of the console:\n\n")
        say(f"      {console}/console/setup#{secret}\n")
    with as_file(files("reseen") / "samples") as folder:
        copy, original = (folder / name for name in PAIRS[0])
        say(f"\n  Sample media: {folder}\n  A first match, to paste into another terminal:\n\n")
        say(f"      curl {address}/match -H 'x-rapidapi-key: {secret or 'KEY'}' \\\n")
        say(f"           -F {shlex.quote(f'source=@{copy}')} \\\n")
        say(f"           -F {shlex.quote(f'target=@{original}')}\n\n")
        say("  Stop with Ctrl-C.\n\n")
    sys.stderr.flush()
