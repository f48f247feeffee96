"""What the owner configures: the device's settings, and each function's variables and secrets.

    settings.json                the device's settings, without its secrets
    secrets.json                 the device's secrets
    roots.der                    the certificates that functions trust over https which name none, one after the other
    env/<function>.json          a function's variables
    secrets/<function>.json      its secrets, each with the time it was set

Each change replaces one file atomically. The values of secrets leave this module through `env()`,
`secret_values()` and `device_secret()` only.
"""

import gc
import json
import sys

from edgelet import limits, names
from edgelet.outbound import addresses
from edgelet.storage import files

# Where Linux says how much memory there is: of the machine, and of a container.
_MEMINFO = "/proc/meminfo"
_CGROUP_MEMORY = "/sys/fs/cgroup/memory.max"

VALUE_BYTES = 4096  # of a variable or secret; an RSA 4096 private key in PEM has 3.3 KB
ENV_BYTES = 16384  # of all variables or all secrets of a function, names included
ROOTS = "roots.der"
SECRET_LINES = 256  # of all secrets of a function: each is looked for in what it logs

# (name, default, lowest, highest, meaning) of each setting that is no limit; limits are settings too, under their names
# in `edgelet.limits.TABLE`. Lowest and highest bound a number, or the UTF-8 bytes of a text.
SETTINGS = (
    ("hostname", "edgelet", 1, 32, "name on the network; <hostname>.local by mDNS"),
    ("wifi_ssid", "", 0, 32, "name of the Wi-Fi network"),
    ("wifi_ssid_2", "", 0, 32, "name of another one, where that is not in reach"),
    ("wifi_ssid_3", "", 0, 32, "name of a third one"),
    ("wifi_address", "", 0, 64, "ADDRESS/BITS GATEWAY [NAMESERVER] in these networks, empty for DHCP"),
    ("wifi_access_point", False, None, None, "open an access point of its own while there is no network to join"),
    ("wifi_country", "", 0, 2, "a country's two capital letters: which channels the radio may use"),
    ("wifi_power_save", True, None, None, "let the radio sleep between packets"),
    ("ppp_baud", 921600, 1200, 3000000, "bits a second of PPP, on boards without a radio"),
    ("time_server", "pool.ntp.org", 1, 253, "NTP server"),
    ("cpu_mhz", 0, 0, 240, "CPU clock, 0 for the board's own"),
    ("safe_pin", -1, -1, 63, "pin that selects safe mode when low at boot, -1 for none"),
    ("watchdog", True, None, None, "restart a device that hangs"),
    ("proxies", "", 0, 1024, "addresses whose forwarded-for headers count, comma-separated"),
)

# ISO 3166-1 alpha-2; as one text it takes no RAM.
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
    "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
    "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF "
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE "
    "YT ZA ZM ZW"
)

PASSPHRASE_BYTES = (8, 63)  # IEEE 802.11: of WPA; its key has 64 hex digits
_KEY_DIGITS = 64

# name -> (shortest, longest, meaning), in bytes.
DEVICE_SECRETS = {
    "wifi_password": (8, 64, "WPA passphrase, or its key as 64 hex digits"),
    "wifi_password_2": (8, 64, "the same for wifi_ssid_2"),
    "wifi_password_3": (8, 64, "the same for wifi_ssid_3"),
    "wifi_access_point_password": (8, 63, "WPA passphrase of the board's own access point"),
    "admin_secret": (16, 128, "opens /metrics"),
}


def _rows():
    """Yields (name, default, lowest, highest) of each setting."""
    for name, default, low, high, _meaning in SETTINGS:
        yield name, default, low, high
    for row in limits.of(""):
        if row[1] is not None:
            yield row


def setting(name):
    """(default, lowest, highest) of a setting. ValueError for an unknown one."""
    for row in _rows():
        if row[0] == name:
            return row[1:]
    raise ValueError("there is no setting %s; there are: %s" % (name, ", ".join(setting_names())))


def setting_names():
    """The names of all settings, sorted."""
    return sorted([row[0] for row in _rows()])


def check_setting(name, value):
    """ValueError where a setting cannot have this value on any device."""
    default, low, high = setting(name)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError("setting %s must be true or false" % name)
    elif isinstance(default, str):
        if not isinstance(value, str) or not low <= len(value.encode()) <= high:
            raise ValueError("setting %s must be text of %d to %d bytes" % (name, low, high))
        if any(c < " " or c == "\x7f" for c in value):
            raise ValueError("setting %s must not have control characters" % name)
        _check_form(name, value)
    elif type(value) is not int or not low <= value <= high:
        raise ValueError("setting %s must be a whole number from %d to %d" % (name, low, high))


def _check_form(name, value):
    """Checks a text whose setting allows for certain forms only."""
    if name == "wifi_country" and value and not (len(value) == 2 and value.isalpha() and value in _COUNTRIES):
        raise ValueError("setting wifi_country must be a country's two capital letters, such as DE, or empty")
    if name == "wifi_address" and value and not addresses.interface(value):
        raise ValueError(
            "setting wifi_address must be an address with its network's bits, the gateway there, and a name server "
            "if that is another one: 192.168.1.7/24 192.168.1.1, or empty"
        )
    if name == "hostname" and not names.is_label(value):
        raise ValueError("setting hostname must be letters, digits and inner hyphens: it is one part of a host name")
    if name == "time_server" and not (names.is_address(value) or all(names.is_label(x) for x in value.split("."))):
        raise ValueError("setting time_server must be a host name or an IP address")
    if name == "proxies":
        for proxy in value.split(","):
            if proxy.strip() and not names.is_address(proxy.strip()):
                raise ValueError("setting proxies must be IP addresses, with commas between them")


def _of_server(values):
    return {row[0]: values[row[0]] for row in limits.of("server") if row[0] in values}


def _check(values):
    for name, value in values.items():
        check_setting(name, value)
    limits.ServerLimits(**_of_server(values))
    if "body" in values or "connections" in values:
        _check_heap(values)
    if values.get("cpu_mhz"):
        from edgelet import cpu

        cpu.check(values["cpu_mhz"], cpu.chip())
    if values.get("safe_pin", -1) >= 0 and sys.platform != "linux":
        _check_pin(values["safe_pin"])
    if sys.platform == "linux":
        _check_arena(values)


def _check_pin(number):
    import machine

    try:
        machine.Pin(number)
    except ValueError:
        raise ValueError("setting safe_pin must be -1, or a pin of this board: %d is none" % number) from None


def _check_heap(values):
    heap = gc.mem_free() + gc.mem_alloc()
    # A body is there twice while it comes in, and so is a response while it is made.
    for name, most in (("body", heap // 4), ("connections", heap // 2 // limits.CONNECTION_BYTES)):
        if values.get(name, 0) > most:
            raise ValueError("setting %s must be at most %d: the heap of this device has %d bytes" % (name, most, heap))


def _check_arena(values):
    arena = values.get("arena_bytes", setting("arena_bytes")[0])
    if values.get("memory", 0) > arena:
        raise ValueError("setting memory must be at most %d, the size of the arena (arena_bytes)" % arena)
    if "arena_bytes" in values and arena > _machine_memory():
        raise ValueError("setting arena_bytes must be at most %d, the memory of this machine" % _machine_memory())


def _machine_memory():
    """Bytes of memory that this process can have, on Linux."""
    sizes = []
    with open(_MEMINFO) as file:
        for line in file:
            if line.startswith("MemTotal:"):
                sizes.append(int(line.split()[1]) << 10)
                # Each byte of a line is a call of the system.
                break
    if files.kind(_CGROUP_MEMORY):
        with open(_CGROUP_MEMORY) as file:
            text = file.read().strip()
        if text != "max":
            sizes.append(int(text))
    return min(sizes)


def _load(path, is_valid=None):
    """The object in a JSON file, {} where there is none. is_valid(value): whether a value of it can be one."""
    folder = files.folder_of(path)
    if files.kind(folder) == "file":
        files.make_folder(folder)  # says so
    try:
        if files.kind(path) is None:
            return {}
        with open(path) as file:
            text = file.read()
        if not text.endswith("}"):
            raise ValueError  # MicroPython's parser takes an object that is cut off
        values = json.loads(text)
        if not isinstance(values, dict) or not all(is_valid is None or is_valid(value) for value in values.values()):
            raise ValueError
        return values
    except (OSError, ValueError):
        # The parser's own message would be no help, and must never quote a secret.
        raise ValueError("%s is damaged: %s, then set its values again" % (path, files.REPAIR)) from None


def problem(path):
    """What is wrong with one of the files that the head of this module lists, as a line, or None."""
    folder = files.folder_of(path).rpartition("/")[2]
    is_valid = None
    if folder == "env":
        is_valid = _is_text
    elif folder == "secrets" or path.endswith("/secrets.json"):
        is_valid = _is_secret
    try:
        _load(path, is_valid)
    except ValueError as error:
        return str(error)
    return None


def _is_text(value):
    return isinstance(value, str)


def _is_secret(value):
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int


def _save(path, values):
    files.make_folder(files.folder_of(path))
    files.replace(path, json.dumps(values))


def check_text(name, value, low=0, high=VALUE_BYTES):
    """ValueError where that is no text of so many bytes."""
    if not isinstance(value, str) or not low <= len(value.encode()) <= high:
        raise ValueError("%s must be text of %d to %d bytes" % (name, low, high))
    if "\0" in value:
        raise ValueError("%s must not have a NUL character" % name)


def check_secret(name, value):
    """ValueError where a device secret cannot have that value."""
    check_text(name, value, *DEVICE_SECRETS[name][:2])
    if name.startswith("wifi_password") and not is_wifi_password(value):
        raise ValueError("%s must be text of 8 to 63 bytes, or a key of 64 hex digits" % name)


def is_wifi_password(text):
    """Whether a network can have that password: a WPA passphrase, or its key as hex digits."""
    size = len(text.encode())
    if size == _KEY_DIGITS:
        return all(c in "0123456789abcdefABCDEF" for c in text)
    return PASSPHRASE_BYTES[0] <= size <= PASSPHRASE_BYTES[1]


def _check_total(name, texts):
    if sum(len(text.encode()) for text in texts) > ENV_BYTES:
        raise ValueError("too much for function %s: at most %d bytes" % (name, ENV_BYTES))


class Settings:
    """The device's settings, in RAM: settings[name]. Changed through `set` only.

    problems: what of the file was not valid, a line each, and is at its default instead: a device
    must start, after another firmware was flashed too.
    """

    def __init__(self, root):
        self._path = root + "/settings.json"
        self._values = {}
        self.problems = []
        try:
            for name, value in _load(self._path).items():
                self._accept(name, value)
        except ValueError as error:
            self.problems.append(str(error))

    def _accept(self, name, value):
        values = dict(self._values)
        values[name] = value
        try:
            _check(values)
            self._values = values
        except ValueError as error:
            self.problems.append(str(error))

    def __getitem__(self, name):
        value = self._values.get(name)
        return setting(name)[0] if value is None else value

    def set(self, changes):
        """Changes several settings at once, a dict; the value None restores the default."""
        values = dict(self._values)
        for name, value in changes.items():
            setting(name)
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
        _check(values)
        _save(self._path, values)
        self._values = values

    def all(self):
        """All settings, a dict."""
        return {name: self._values.get(name, default) for name, default, _low, _high in _rows()}

    def changed(self):
        """The settings that are not left at their defaults, a dict."""
        return dict(self._values)

    def server_limits(self):
        """The limits of the HTTP server, as `edgelet.limits.ServerLimits`."""
        return limits.ServerLimits(**_of_server(self._values))


class Config:
    """Settings, variables and secrets below the folder `root`.

    clock() gives the time that is kept with a secret, in seconds since 1970. After a change of a function's variables
    or secrets `Functions.reload` brings it into service; settings take effect when the runtime starts.
    """

    def __init__(self, root, clock):
        self._root = root
        self._clock = clock
        for folder in (root, root + "/env", root + "/secrets"):
            files.remove_temporary(folder)
        self.settings = Settings(root)

    def set(self, changes):
        """Changes settings and device secrets, a dict of both; None restores the default, or removes the secret.

        ValueError, and nothing is changed, where one of them is not valid.
        """
        secret = {name: value for name, value in changes.items() if name in DEVICE_SECRETS}
        plain = {name: value for name, value in changes.items() if name not in DEVICE_SECRETS}
        for name, value in secret.items():
            if value is not None:
                check_secret(name, value)
        if plain.get("wifi_access_point"):
            self._check_access_point(secret)
        if plain:
            self.settings.set(plain)
        if secret:
            self._set_secrets(self._root + "/secrets.json", secret)

    def _check_access_point(self, changes):
        name = "wifi_access_point_password"
        if not (changes[name] if name in changes else self.device_secret(name)):
            raise ValueError("setting wifi_access_point needs a password: 'edgelet setup --access-point' gives it one")

    def begin_roots(self):
        """The file into which the certificates are written that `set_roots` takes."""
        return self._root + "/" + ROOTS + "~"

    def set_roots(self, size):
        """Makes the certificates that were written, so many bytes, those of the device; 0 removes those there are.

        ValueError, and nothing is changed, where there are not so many.
        """
        path, written = self._root + "/" + ROOTS, self.begin_roots()
        if not size:
            for one in (path, written):
                files.remove_tree(one)
            files.sync_folder(self._root)
        elif not files.kind(written) or files.size(written) != size:
            raise ValueError("the certificates are not all here: set them again")
        else:
            files.rename(written, path)

    def device_secret(self, name):
        """The value of a secret of the device, "" where it is not set."""
        return _load(self._root + "/secrets.json", _is_secret).get(name, ("", 0))[0]

    def device_secrets(self):
        """[(name, time set)] of the device's secrets, sorted, without their values."""
        return self._listed(self._root + "/secrets.json")

    def vars(self, function):
        """The variables that were set on the device for a function, a dict."""
        return _load(self._vars_path(function), _is_text)

    def set_vars(self, function, changes):
        """Sets variables of a function, a dict; the value None removes one."""
        path = self._vars_path(function)
        self._check_changes(function, changes, "secret", _load(self._secrets_path(function)))
        values = _load(path, _is_text)
        self._merge(values, changes)
        _check_total(function, list(values) + list(values.values()))
        _save(path, values)

    def secrets(self, function):
        """[(name, time set)] of a function's secrets, sorted, without their values."""
        return self._listed(self._secrets_path(function))

    def set_secrets(self, function, changes):
        """Sets secrets of a function, a dict; the value None removes one."""
        path = self._secrets_path(function)
        self._check_changes(function, changes, "variable", _load(self._vars_path(function)))
        values = _load(path, _is_secret)
        kept = [value[0] for name, value in values.items() if name not in changes]
        given = [value for value in changes.values() if value is not None]
        _check_total(function, list(values) + list(changes) + kept + given)
        if sum([len(value.split("\n")) for value in kept + given]) > SECRET_LINES:
            raise ValueError("the secrets of function %s have more than %d lines" % (function, SECRET_LINES))
        self._set_secrets(path, changes)

    def env(self, function, defaults=None):
        """What a handler finds in `process.env`, a dict.

        The release's variables (`defaults`), the device's, the secrets; the later ones win.
        """
        values = dict(defaults or {})
        values.update(self.vars(function))
        values.update(self._secret_values(function))
        return values

    def secret_values(self, function):
        """The values of a function's secrets, a list: what must not be shown."""
        return list(self._secret_values(function).values())

    def _secret_values(self, function):
        secrets = _load(self._secrets_path(function), _is_secret)
        return {name: value for name, (value, _) in secrets.items()}

    def version(self, function):
        """16 hex digits that change with every change of the function's variables and secrets.

        They are part of what an image is kept under, so that one made before a power cut is not used after it. Not to
        be shown: they would confirm a guess of a weak secret.
        """
        # Here: the module's names are just as many as its table holds before it grows by a quarter.
        from binascii import hexlify
        from hashlib import sha256

        digest = sha256()
        for path in (self._vars_path(function), self._secrets_path(function)):
            try:
                if files.kind(path):
                    with open(path, "rb") as file:
                        digest.update(file.read())
            except OSError:
                _load(path)  # says which file is damaged
                raise
            digest.update(b"\0")
        return hexlify(digest.digest()[:8]).decode()

    def forget(self, function):
        """Removes the variables and secrets of a function that is no more, durably."""
        for path in (self._vars_path(function), self._secrets_path(function)):
            if files.kind(path):
                files.remove_tree(path)
                files.sync_folder(files.folder_of(path))

    def problems(self):
        """What of the settings and of the device's secrets is damaged, a line each."""
        problems = list(self.settings.problems)
        try:
            self.device_secrets()
        except ValueError as error:
            problems.append(str(error))
        return problems

    def _vars_path(self, function):
        return "%s/env/%s.json" % (self._root, names.function(function))

    def _secrets_path(self, function):
        return "%s/secrets/%s.json" % (self._root, names.function(function))

    def _listed(self, path):
        return sorted((name, value[1]) for name, value in _load(path, _is_secret).items())

    def _check_changes(self, function, changes, other_kind, others):
        for name, value in changes.items():
            names.variable(name)
            if value is not None:
                check_text(name, value)
                if name in others:
                    raise ValueError("%s is a %s of function %s: remove that first" % (name, other_kind, function))

    def _merge(self, values, changes):
        for name, value in changes.items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value

    def _set_secrets(self, path, changes):
        now = self._clock()
        values = _load(path, _is_secret)
        self._merge(
            values,
            {name: value if value is None else (value, now) for name, value in changes.items()},
        )
        _save(path, values)
