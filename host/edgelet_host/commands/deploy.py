"""`edgelet deploy` and `edgelet check`."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.options import device_option, json_option
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import Show, print_json, progress, warn
from edgelet_host.units import size_text

if TYPE_CHECKING:
    from edgelet_host.device.deployment import Deployed, Release
    from edgelet_host.device.targets import Target


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--all", "to_all", is_flag=True, help="Every board at USB and every device that runs here.")
@click.option("--dry-run", is_flag=True, help="Ask the devices whether they would take it, and change nothing.")
@device_option
@json_option
def deploy(path: Path, to_all: bool, dry_run: bool, devices: tuple[str, ...], as_json: bool) -> None:
    """Deploy the project at PATH, by default this folder, to one or several devices.

    The new release serves once it is complete and built; where it does not answer, the one before comes back.

    Several are served side by side; those that fail keep no other from its release.

    Example: edgelet deploy examples/hello --device kitchen --device /dev/ttyACM0
    """
    from edgelet_host.device.deployment import make_release
    from edgelet_host.device.targets import choose_targets, every_target
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.config import read_project

    # EDGELET_DEVICE names the one that is meant when nothing is said.
    given = click.get_current_context().get_parameter_source("devices")
    if to_all and given is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--all and --device exclude each other")
    targets = every_target() if to_all else choose_targets(devices)
    release = make_release(read_project(path.resolve()), ensure_compiler())
    for line in release.warnings:
        warn(line)
    if not as_json:
        _print_sizes(release)
    if dry_run:
        _rehearse(targets, release, as_json)
        return
    with progress() as add, ThreadPoolExecutor(len(targets)) as pool:
        futures = [pool.submit(_deploy, target, release, add(target.label), as_json) for target in targets]
    done = list(zip(targets, futures, strict=True))
    if as_json:
        print_json([_as_json(target, release, future) for target, future in done])
    failed = [f"{target.label}: {_message(future)}" for target, future in done if future.exception()]
    if not as_json:
        for target, future in done:
            if not future.exception():
                _print(target, release, future.result())
    if failed:
        raise EdgeletError("\n".join(failed) if len(targets) > 1 else _message(futures[0]))


def _print_sizes(release: "Release") -> None:
    size = size_text(sum(map(len, release.files.values())))
    click.echo(f"{release.function}: bundle {size_text(release.bundle_bytes)}, {len(release.files)} files of {size}")


def _rehearse(targets: "list[Target]", release: "Release", as_json: bool) -> None:
    from edgelet_host.device.console import connect
    from edgelet_host.device.deployment import rehearse

    told = []
    for target in targets:
        with connect(target.port) as device:
            lacking = rehearse(device, release)
        told.append({"device": target.label, "files": len(lacking), "bytes": sum(lacking)})
        if not as_json:
            sent = f"{len(lacking)} of {len(release.files)} files ({size_text(sum(lacking))})"
            click.echo(f"{target.label} would take it, and be sent {sent}")
    if as_json:
        print_json(told)


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(path: Path) -> None:
    """Compile the project at PATH, by default this folder, and tell what any device would refuse. Needs no device.

    Example: edgelet check examples/login
    """
    from edgelet_host.device.deployment import make_release
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.config import read_project

    release = make_release(read_project(path.resolve()), ensure_compiler())
    for line in release.warnings:
        warn(line)
    _print_sizes(release)


def _deploy(target: "Target", release: "Release", show: Show, as_json: bool) -> "Deployed":
    from edgelet_host.device.console import connect
    from edgelet_host.device.deployment import deploy_and_check

    def measured(image_bytes: int, memory: int) -> None:
        if image_bytes and not as_json:
            click.echo(f"{release.function}: image {size_text(image_bytes)} of {size_text(memory)} on {target.label}")

    with connect(target.port) as device:
        return deploy_and_check(device, release, target.url, show, measured)


def _message(future: "Future[Deployed]") -> str:
    error = future.exception()
    if isinstance(error, EdgeletError):
        return error.message
    assert error is not None
    raise error


def _print(target: "Target", release: "Release", done: "Deployed") -> None:
    sent = f"{done.sent_files} of {len(release.files)} files ({size_text(done.sent_bytes)}) sent"
    click.echo(f"{release.function} {done.id} is active on {target.label}: {sent}")
    if done.url:
        click.echo(done.url)
    if done.thrown:
        warn(
            f"{release.function} answers 500 to GET {release.route} on {target.label} ({done.thrown}): "
            f"'edgelet logs --function {release.function}' has the stack. All is well where it expects other requests"
        )
    for name in done.missing_secrets:
        warn(f"secret {name} is not set on {target.label}: 'edgelet secret put' or 'generate' {name} sets it")
    if not done.clock_set:
        warn(f"the clock of {target.label} is not set, so its tokens and times are wrong: 'edgelet setup' sets it")


def _as_json(target: "Target", release: "Release", future: "Future[Deployed]") -> dict[str, object]:
    one: dict[str, object] = {"device": target.label, "function": release.function}
    if future.exception():
        return one | {"error": _message(future)}
    done = future.result()
    return one | {
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
