"""Plain microdot with handlers in Python: PORT FILE."""

import json
import sys

from microdot import Microdot, Response, send_file

app = Microdot()
CHUNK = b"x" * 1024


@app.get("/hello")
async def hello(request):
    """Answers with a word."""
    return "hello"


@app.post("/echo")
async def echo(request):
    """Answers with the JSON that it was sent."""
    return json.loads(request.body)


@app.get("/static/file.txt")
async def static(request):
    """Sends the file."""
    return send_file(sys.argv[2], content_type="text/plain")


@app.get("/stream")
async def stream(request):
    """Sends four chunks."""

    async def chunks():
        for _ in range(4):
            yield CHUNK

    return Response(chunks(), headers={"Content-Type": "text/plain"})


app.run("127.0.0.1", int(sys.argv[1]))
