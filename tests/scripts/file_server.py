"""Serves one file on loopback, as servers do and as they should not."""

import http.server
import threading


class FileServer:
    """A server on a free port, in its own threads; `stop` ends them. Everything below may be set between requests.

    content: the file; serves_ranges: whether Range is followed; misses_by: how many bytes before the wanted place a range
    begins; obeys_if_range: whether a range of another version is refused; tag, modified: ETag and Last-Modified; tells_length:
    whether Content-Length is sent; break_after: closes the connection after so many bytes of the file, and `breaks` counts
    down how often; hold_after: sends so many bytes, then waits for `go_on`; status: answers with an error. `requests` holds
    the headers of all requests.
    """

    def __init__(self, content):
        self.content, self.serves_ranges, self.tells_length, self.obeys_if_range = content, True, True, True
        self.tag, self.modified, self.status, self.break_after, self.breaks, self.hold_after = '"1"', None, 200, None, 0, None
        self.misses_by, self.requests, self.go_on = 0, [], threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/set.tar.gz"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def ranges(self):
        return [headers.get("Range") for headers in self.requests]

    def handler(self):
        file_server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                file_server.requests.append(self.headers)
                file_server.answer(self)

            def log_message(self, *_arguments):
                pass

        return Handler

    def answer(self, request):
        if self.status != 200:
            request.send_error(self.status)
            return
        wanted, condition = request.headers.get("Range"), request.headers.get("If-Range")
        first, status = 0, 200
        if wanted and self.serves_ranges and not (self.obeys_if_range and condition and condition not in (self.tag, self.modified)):
            first, status = int(wanted.removeprefix("bytes=").removesuffix("-")) - self.misses_by, 206
            if first >= len(self.content):
                request.send_error(416)
                return
        request.send_response(status)
        if status == 206:
            request.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        named = {"ETag": self.tag, "Last-Modified": self.modified}
        for name, value in named.items():
            if value:
                request.send_header(name, value)
        if self.tells_length:
            request.send_header("Content-Length", str(len(self.content) - first))
        request.end_headers()
        self.send(request.wfile, first)

    def send(self, stream, first):
        last = len(self.content)
        if self.breaks:
            self.breaks, last = self.breaks - 1, self.break_after
        if self.hold_after is not None:
            stream.write(self.content[first : self.hold_after])
            self.go_on.wait()
            return
        stream.write(self.content[first:last])
