"""A server of documents by HTTP in a host of a lab: what it serves, how badly it behaves, and who asked for what."""
import contextlib
import http.server
import socket
import threading
import time


class DocumentServer:
    """`serve` maps a path to octets, or to a function of the request handler that answers by itself."""

    def __init__(self, host, address, port=8080):
        self.uri = f"http://{address}:{port}"
        self.serve = {}
        self.asked = []
        self.ended = threading.Event()
        with host.inside():
            self.server = http.server.ThreadingHTTPServer((address, port), self.handler_class(), bind_and_activate=False)
            self.server.daemon_threads = True
            self.server.block_on_close = False
            self.server.server_bind()
            self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def handler_class(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                owner.asked.append(self.path)
                found = owner.serve.get(self.path)
                with contextlib.suppress(OSError):
                    if found is None:
                        self.send_error(404)
                    elif callable(found):
                        found(self)
                    else:
                        owner.send(self, found)

            do_GET = do_POST = answer

            def log_message(self, *_unused):
                pass
        return Handler

    @staticmethod
    def send(handler, octets, content_type="application/octet-stream"):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(octets)))
        handler.end_headers()
        handler.wfile.write(octets)

    # Servers that behave badly.

    def silent(self, _handler):
        self.ended.wait(60)

    def trickle(self, handler):
        """An octet a second."""
        handler.send_response(200)
        handler.end_headers()
        while not self.ended.is_set():
            handler.wfile.write(b"0")
            time.sleep(1)

    def endless(self, handler):
        """Without a length."""
        handler.send_response(200)
        handler.end_headers()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        while not self.ended.is_set():
            handler.wfile.write(b"0" * 65536)

    @staticmethod
    def redirect(target):
        def answer(handler):
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        return answer
