"""`edgelet deploy` and `edgelet check`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgelet_host.commands.many import Outcome, check_choice, on_each, print_outcomes, raise_failures
from edgelet_host.commands.options import device_option, group_option, json_option
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import Show, Standing, print_json, progress, warn
from edgelet_host.units import count_text, size_text

if TYPE_CHECKING:
    from edgelet_host.device.deployment import Deployed, Rehearsal, Release
    from edgelet_host.device.targets import Target


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--all", "to_all", is_flag=True, help="Every board at USB and every device that runs here.")
@group_option
@click.option("--dry-run", is_flag=True, help="Ask the devices whether they would take it, and change nothing.")
@device_option
@json_option
def deploy(path: Path, to_all: bool, group: str | None, dry_run: bool, devices: tuple[str, ...], as_json: bool) -> None:
    """Deploy the project at PATH, by default this folder, to one or several devices.

    The new release serves once it is complete and built; where it does not answer, the one before comes back.

    Several are served side by side; those that fail keep no other from its release.

    Example: edgelet deploy examples/hello --device kitchen --device /dev/ttyACM0
    """
    from edgelet_host.device.deployment import make_release
    from edgelet_host.device.targets import choose_targets, every_target, group_targets
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.config import read_project

    check_choice(all=to_all, group=group is not None)
    project = read_project(path.resolve())
    if group is not None:
        targets = group_targets(group)
    elif to_all:
        targets = every_target()
    else:
        targets = choose_targets(devices)
    release = make_release(project, ensure_compiler())
    for line in release.warnings:
        warn(line)
    if not as_json:
        _print_sizes(release)
    is_alone = len(targets) == 1 and not to_all and group is None
    if dry_run:
        _rehearse(targets, release, is_alone, as_json)
    elif is_alone:
        _deploy_to_one(targets[0], release, as_json)
    else:
        _deploy_to_many(targets, release, as_json)


def _print_sizes(release: "Release") -> None:
    size = size_text(sum(map(len, release.files.values())))
    files = count_text(len(release.files), "file")
    click.echo(f"{release.function}: bundle {size_text(release.bundle_bytes)}, {files} of {size}")


def _rehearse(targets: "list[Target]", release: "Release", is_alone: bool, as_json: bool) -> None:
    if is_alone:
        try:
            outcomes = [Outcome(targets[0].label, _ask(targets[0], release))]
        except EdgeletError as e:
            if as_json:
                print_json([{"device": targets[0].label, "error": e.message}])
            raise
    else:
        outcomes = on_each(targets, lambda target, row: _ask(target, release))
    if as_json:
        print_json([one.as_json(_rehearsed_as_json) for one in outcomes])
    else:
        for one in outcomes:
            if one.result is not None:
                sizes, doubt = one.result
                sent = f"{len(sizes)} of {count_text(len(release.files), 'file')} ({size_text(sum(sizes))})"
                click.echo(f"{one.label} {'may' if doubt else 'would'} take it, and be sent {sent}")
                if doubt:
                    warn(f"{one.label} may refuse it: {doubt}")
    raise_failures(outcomes)


def _rehearsed_as_json(rehearsal: "Rehearsal") -> dict[str, Any]:
    sizes, doubt = rehearsal
    return {"files": len(sizes), "bytes": sum(sizes), "doubt": doubt or None}


def _ask(target: "Target", release: "Release") -> "Rehearsal":
    from edgelet_host.device.console import connect
    from edgelet_host.device.deployment import rehearse

    with connect(target.port) as device:
        return rehearse(device, release)


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(path: Path) -> None:
    """Compile the project at PATH, by default this folder, and tell what devices would refuse. Needs no device.

    It builds the image, where the Linux firmware runs, and calculates what it comes to on boards. What no device would
    take is an error, what some would refuse a warning.

    Example: edgelet check examples/login
    """
    from edgelet_host.device.deployment import make_release
    from edgelet_host.device.refusals import estimate, told
    from edgelet_host.device.trial import code_size, image_size
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.config import read_project

    project = read_project(path.resolve())
    release = make_release(project, ensure_compiler())
    for line in release.warnings:
        warn(line)
    _print_sizes(release)
    image, code = image_size(release), code_size(release)
    if image:
        there = size_text(estimate(image, code.size))
        click.echo(f"{release.function}: image {size_text(image)}, on a Pico about {there}")
    for line in told(release.manifest, image, code, release.bundle_bytes):
        warn(line)


def _deploy_to_one(target: "Target", release: "Release", as_json: bool) -> None:
    def measured(image_bytes: int, memory: int) -> None:
        if image_bytes and not as_json:
            click.echo(f"{release.function}: image {size_text(image_bytes)} of {size_text(memory)} on {target.label}")

    try:
        with progress() as add:
            done = _deploy(target, release, add(target.label), measured)
    except EdgeletError as e:
        if as_json:
            print_json([_as_json(Outcome(target.label, error=e.message), release)])
        raise
    if as_json:
        print_json([_as_json(Outcome(target.label, done), release)])
        return
    sent = f"{done.sent_files} of {count_text(len(release.files), 'file')} ({size_text(done.sent_bytes)}) sent"
    click.echo(f"{release.function} {done.id} is active on {target.label}: {sent}")
    if done.url:
        click.echo(done.url)
    _warn({target.label: done}, release)


def _deploy_to_many(targets: "list[Target]", release: "Release", as_json: bool) -> None:
    def work(target: "Target", row: Standing) -> "Deployed":
        return _deploy(target, release, row.add("sending"), lambda image_bytes, memory: row.tell("starting it"))

    outcomes = on_each(targets, work)
    if as_json:
        print_json([_as_json(one, release) for one in outcomes])
    else:
        print_outcomes(outcomes, _details)
        _warn({one.label: one.result for one in outcomes if one.result is not None}, release)
    raise_failures(outcomes)


def _deploy(target: "Target", release: "Release", show: Show, measured: Callable[[int, int], None]) -> "Deployed":
    from edgelet_host.device.console import connect
    from edgelet_host.device.deployment import deploy_and_check

    with connect(target.port) as device:
        return deploy_and_check(device, release, target.url, show, measured)


def _details(done: "Deployed") -> str:
    return ", ".join(filter(None, (f"{size_text(done.sent_bytes)} sent", done.url)))


def _warn(deployed: "dict[str, Deployed]", release: "Release") -> None:
    """Tell what is not as it should be, in a line for all devices of which it is true."""
    labels: dict[str, list[str]] = {}
    for label, done in deployed.items():
        for name in done.missing_secrets:
            text = f"secret {name} is not set on {{}}: 'edgelet secret put' or 'generate' {name} sets it"
            labels.setdefault(text, []).append(label)
        if not done.clock_set:
            text = "the clock of {} is not set, so tokens and times are wrong there: 'edgelet setup' sets it"
            labels.setdefault(text, []).append(label)
        if done.thrown:
            warn(
                f"{release.function} answers 500 to GET {release.asked} on {label} ({done.thrown}): 'edgelet logs "
                f"--function {release.function}' has the stack. All is well where it expects other requests"
            )
    for text, found in labels.items():
        warn(text.format(", ".join(found)))


def _as_json(one: "Outcome[Deployed]", release: "Release") -> dict[str, object]:
    fields = one.as_json(
        lambda done: {
            "release": done.id,
            "bundle_bytes": release.bundle_bytes,
            "image_bytes": done.image_bytes,
            "memory_bytes": done.memory,
            "sent_files": done.sent_files,
            "sent_bytes": done.sent_bytes,
            "missing_secrets": done.missing_secrets,
            "clock_set": done.clock_set,
            "url": done.url,
            "thrown": done.thrown,
        }
    )
    return {"device": one.label, "function": release.function} | fields
