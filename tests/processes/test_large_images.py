"""Images of more than a megabyte, of which only the pages are copied back that a request wrote."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from process_helpers import WORKERS, workers

LIMITS = {"memory": 16_000_000}
# ?n= says how many of the objects the request changes, here and there; "loop" runs into its CPU limit after it, "grow"
# into that of its memory. The answer is what the request found.
HANDLER = """
const items = []
for (let i = 0; i < 20000; i++) items.push({ value: WHO })
let requests = 0
export default {
  async fetch(request) {
    const asked = new URL(request.url).searchParams
    const found = [++requests, items.every((item) => item.value === WHO && !item.more), items.length]
    const count = Number(asked.get('n'))
    for (let i = 0; i < count; i++) {
      const item = items[Math.floor(Math.random() * items.length)]
      item.value = asked.get('n')
      item.more = [request.url]
    }
    if (asked.get('how') === 'park') await new Promise((done) => setTimeout(done, 5))
    if (asked.get('how') === 'loop') for (;;) items.reverse()
    if (asked.get('how') === 'grow') for (;;) items.push({ value: 'x'.repeat(1000) })
    return Response.json(found)
  },
}
"""
FUNCTIONS = ("first", "second")


def _descriptors(process: int) -> list[str]:
    return [str(file.readlink()) for file in Path(f"/proc/{process}/fd").iterdir()]


def _ask(box, seed: int) -> list[tuple[int, str]]:
    pick = random.Random(seed)
    answers = []
    for _ in range(60):
        # For a while the same function, so that its image stays.
        name = pick.choice(FUNCTIONS) if pick.random() < 0.1 else FUNCTIONS[seed % 2]
        how = pick.choices(["", "park", "loop", "grow"], [20, 4, 1, 1])[0]
        count = pick.choice([0, 1, 5, 20000])
        got = box.get(f"/{name}?n={count}&how={how}")
        answers.append((got.status, got.text if got.status == 200 else how))
    return answers


@pytest.mark.slow
def test_each_request_finds_a_large_image_as_it_was_built(box):
    for name in FUNCTIONS:
        box.deploy(name, HANDLER.replace("WHO", f"'{name}'"), routes=[f"/{name}"], limits={**LIMITS, "cpu_ms": 200})
    with ThreadPoolExecutor(4) as pool:
        answers = [one for some in pool.map(lambda seed: _ask(box, seed), range(4)) for one in some]
    assert {answer for answer in answers if answer[0] == 200} == {(200, "[1,true,20000]")}
    assert {how for status, how in answers if status != 200} == {"loop", "grow"}
    watched = ["userfaultfd" in " ".join(_descriptors(worker)) for worker in workers(box)]
    assert len(watched) == WORKERS and len(set(watched)) == 1
