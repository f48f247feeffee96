"""What the row `fetch` asks: nginx with a response of 1 KB, on the core of those who ask."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_helpers import free_port
from edgelet_host.device.local import child

from .processes import LOAD_CORE, on_core
from .rows import UPSTREAM_TEXT

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  default_type text/plain;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "{text}"; }}
  }}
}}
"""


@contextmanager
def upstream(folder: Path) -> Iterator[str]:
    """Run it; its URL."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, text=UPSTREAM_TEXT))
    command: list[str | Path] = ["nginx", "-p", folder, "-c", config]
    with on_core(LOAD_CORE), (folder / "nginx.log").open("wb") as log, child(command, subprocess.DEVNULL, log, log):
        yield f"http://127.0.0.1:{port}/"
