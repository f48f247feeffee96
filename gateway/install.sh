#!/bin/sh
# Installs edgelet as a gateway that systemd starts, from a package for Linux (`./edgelet release`), as root:
#
#     install.sh install WHEEL     or another version over it: what it keeps stays, and it starts anew
#     install.sh remove            what it keeps stays, in /var/lib/edgelet
#     install.sh purge             that too, its secrets among it, and the user edgelet
#
# It needs Python 3.11 or newer with venv, and systemd. --root DIR before the word works below another root.
set -eu

here=$(dirname -- "$(readlink -f -- "$0")")
root=
if [ "${1:-}" = --root ]; then
    root=${2:?"--root needs a folder"}
    shift 2
fi
opt=$root/opt/edgelet
unit=$root/etc/systemd/system/edgelet.service
settings=$root/etc/default/edgelet
command=$root/usr/local/bin/edgelet-gateway
state=$root/var/lib/edgelet

die() {
    echo "Error: $1" >&2
    exit 1
}

# systemd of this root, where it runs.
systemd() {
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        systemctl --quiet "$@"
    fi
}

make_user() {
    if ! grep -q '^edgelet:' "$root/etc/passwd" 2>/dev/null; then
        useradd ${root:+--root "$root"} --system --user-group --home-dir /var/lib/edgelet --no-create-home \
            --shell /usr/sbin/nologin edgelet
    fi
}

# A version beside those that are there; `current` leads to it once it is complete.
make_environment() {
    [ -f "$1" ] || die "there is no $1"
    version=$(basename -- "$1" | cut -d- -f2)-$(sha256sum "$1" | cut -c1-8)
    new=$opt/$version
    if ! [ -e "$new/complete" ]; then
        rm -rf "$new"
        mkdir -p "$opt"
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die 'python3 is older than 3.11'
        python3 -m venv "$new" || die 'python3 has no venv: apt install python3-venv'
        "$new/bin/python" -m pip --disable-pip-version-check --quiet install "$1" ||
            { rm -rf "$new"; die "pip could not install $1. What was there goes on"; }
        : >"$new/complete"
    fi
    ln -sfn "$version" "$opt/current.new"
    mv -T "$opt/current.new" "$opt/current"
    for old in "$opt"/*/; do
        old=${old%/}
        [ "$old" = "$new" ] || [ "$old" = "$opt/current" ] || rm -rf "$old"
    done
}

install_gateway() {
    make_user
    make_environment "$1"
    mkdir -p "$(dirname "$unit")" "$(dirname "$settings")" "$(dirname "$command")"
    cp "$here/edgelet.service" "$unit"
    chmod 0644 "$unit"
    if ! [ -e "$settings" ]; then
        printf '%s\n' '# Options of edgelet serve: see edgelet serve --help.' \
            'EDGELET_OPTIONS="--host 127.0.0.1 --port 8080"' >"$settings"
    fi
    printf '%s\n' '#!/bin/sh' '# edgelet as the gateway: its device is found.' \
        'exec runuser -u edgelet -- env XDG_RUNTIME_DIR=/run/edgelet HOME=/var/lib/edgelet /opt/edgelet/current/bin/edgelet "$@"' \
        >"$command"
    chmod 0755 "$command"
    systemd daemon-reload
    systemd enable edgelet.service
    systemd restart edgelet.service
    echo "edgelet is installed in $opt and keeps its functions in $state. Next: edgelet-gateway status"
}

remove_gateway() {
    systemd disable --now edgelet.service || true
    rm -rf "$opt" "$unit" "$command"
    systemd daemon-reload
}

case ${1:-} in
install)
    install_gateway "${2:?"which package? install.sh install WHEEL"}"
    ;;
remove)
    remove_gateway
    echo "edgelet is removed. What it kept is in $state: 'install.sh purge' removes that too"
    ;;
purge)
    remove_gateway
    rm -rf "$state" "$settings"
    if grep -q '^edgelet:' "$root/etc/passwd" 2>/dev/null; then
        userdel ${root:+--root "$root"} edgelet
    fi
    echo "edgelet is removed, with all that it kept"
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
