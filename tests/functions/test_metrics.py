"""/healthz and /metrics of a real device, read with the official Prometheus parser."""

import contextlib

import pytest
from device_helpers import running
from prometheus_client.parser import text_string_to_metric_families
from waiting import wait_until

SECRET = "an admin secret of some length"


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("metrics"), hostname="bench") as box:
        box.device.call("set_settings", {"admin_secret": SECRET})
        source = """export default { async fetch(request, env, ctx) {
          if (request.url.endsWith("throw")) throw new Error("no");
          if (request.url.endsWith("wait")) await new Promise((resolve) => setTimeout(resolve, 30));
          if (request.url.endsWith("behind")) ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20000)));
          return new Response("fine"); } }"""
        box.deploy("quoted", source, route="/")
        yield box


def scrape(box, host="bench", secret=SECRET):
    return box.get("/metrics", Host=host, Authorization=f"Bearer {secret}")


def samples(box):
    response = scrape(box)
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_requests_errors_and_latency_are_counted(box):
    name = (("function", "quoted"),)
    before = samples(box)
    for target in ("/", "/", "/throw", "/wait"):
        box.get(target)
    after = samples(box)

    def grown(metric, labels=name):
        return after.get((metric, labels), 0) - before.get((metric, labels), 0)

    assert grown("edgelet_requests_total") == 4
    assert grown("edgelet_errors_total", (("function", "quoted"), ("kind", "thrown"))) == 1
    assert grown("edgelet_request_duration_seconds_count") == 4
    assert grown("edgelet_request_duration_seconds_bucket", (("function", "quoted"), ("le", "+Inf"))) == 4
    # The one that waited 30 ms is above this bucket.
    assert grown("edgelet_request_duration_seconds_bucket", (("function", "quoted"), ("le", "0.025"))) == 3
    # Timers count the clock's whole milliseconds, of which the first may be nearly over.
    assert grown("edgelet_request_duration_seconds_sum") >= 0.029
    assert grown("edgelet_cpu_seconds_total") > 0


def test_resources_are_told(box):
    assert box.get("/").text == "fine"
    found = samples(box)
    assert found["edgelet_image_bytes", (("function", "quoted"),)] > 10_000
    assert found["edgelet_arena_peak_bytes", (("function", "quoted"),)] > 10_000
    assert found["edgelet_heap_free_bytes", ()] > 0
    assert found["edgelet_uptime_seconds", ()] >= 0
    assert found["edgelet_restarts_total", ()] == 0
    assert found["edgelet_http_connections", ()] >= 1
    # There is no Wi-Fi on Linux.
    assert not [name for name, _ in found if "wifi" in name]


def test_requests_that_wait_are_told(box):
    names = ("requests_waiting", "requests_parked", "parked_bytes", "parks_total", "park_seconds_total")
    names += ("resumes_total", "resume_seconds_total")

    def told():
        found = samples(box)
        return [found[f"edgelet_{name}", ()] for name in names]

    before = told()
    for _ in range(2):
        box.get("/behind")
    grown = [new - old for new, old in zip(told(), before, strict=True)]
    waiting, parked, parked_bytes, parks, park_s, resumes, resume_s = grown
    assert (waiting, parked, parks, resumes, resume_s) == (2, 1, 1, 0, 0)
    assert parked_bytes > 1024 and park_s > 0
    box.fire_timers(("quoted", 2))
    wait_until(lambda: told()[:3] == before[:3])
    resumes, resume_s = (new - old for new, old in zip(told()[5:], before[5:], strict=True))
    assert resumes >= 1 and resume_s > 0


def test_what_the_connections_refuse_is_counted(box):
    assert box.get("/" + "x" * 9000).status == 414
    assert samples(box)["edgelet_http_refused_total", (("status", "414"),)] >= 1


def test_what_runs_out_is_counted_and_named_in_the_log(firmware, tmp_path):
    with running(firmware, tmp_path, hostname="bench", connections=1) as box:
        box.device.call("set_settings", {"admin_secret": SECRET})
        with contextlib.closing(box.connection()) as connection:
            connection.connect()
            for _ in range(3):
                assert box.get("/").status == 503
        connections = "from edgelet.device import running\nprint(len(running().server.connections))"
        wait_until(lambda: int(box.device.execute(connections)) == 0)
        found = samples(box)
        assert found["edgelet_shortages_total", (("of", "connections"),)] >= 3
        assert found["edgelet_shortages_total", (("of", "heap"),)] == 0
        assert found["edgelet_http_memory_most_bytes", ()] > 10 * 2**20
        assert [one for one in box.logs() if one["text"].startswith("all 1 connections are in use (1 times")]


def test_metrics_need_the_admin_secret(box):
    assert scrape(box, secret="wrong").status == 401
    response = box.get("/metrics", Host="bench")
    assert response.status == 401
    assert SECRET not in response.text


def test_the_own_pages_answer_on_the_own_host_name_only(box):
    assert box.get("/healthz", Host="bench").json()["status"] == "ok"
    assert box.get("/healthz", Host="bench.local:80").status == 200
    assert box.get("/healthz", Host="elsewhere.test").text == "fine"
    assert box.get("/metrics", Host="elsewhere.test").text == "fine"


def test_without_an_admin_secret_nobody_sees_metrics(firmware, tmp_path):
    with running(firmware, tmp_path, hostname="bench") as box:
        assert scrape(box, secret="").status == 403
        assert box.get("/metrics", Host="bench").status == 403
