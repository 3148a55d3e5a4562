"""A vici client of our own: frames of 32-bit length, one type octet, named messages of sections, values and lists."""
import socket
import struct

CMD_REQUEST, CMD_RESPONSE, CMD_UNKNOWN, EVENT_REGISTER, EVENT_UNREGISTER, EVENT_CONFIRM, EVENT_UNKNOWN, EVENT = range(8)
SECTION_START, SECTION_END, KEY_VALUE, LIST_START, LIST_ITEM, LIST_END = range(1, 7)


class ViciError(Exception):
    """The daemon refused, does not know the command, or closed the connection."""


def _name(text):
    octets = text.encode()
    return struct.pack("!B", len(octets)) + octets


def _value(value):
    octets = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack("!H", len(octets)) + octets


def encode(message):
    """The octets of a message: dict for a section, list for a list, anything else for a value."""
    out = b""
    for key, value in message.items():
        if isinstance(value, dict):
            out += bytes([SECTION_START]) + _name(key) + encode(value) + bytes([SECTION_END])
        elif isinstance(value, (list, tuple)):
            items = b"".join(bytes([LIST_ITEM]) + _value(item) for item in value)
            out += bytes([LIST_START]) + _name(key) + items + bytes([LIST_END])
        else:
            out += bytes([KEY_VALUE]) + _name(key) + _value(value)
    return out


def decode(octets):
    """The message in octets, with text for every value."""
    root = {}
    stack, at, items = [root], 0, None

    def take(size_format):
        nonlocal at
        width = struct.calcsize(size_format)
        (length,) = struct.unpack_from(size_format, octets, at)
        text = octets[at + width:at + width + length].decode("utf-8", "replace")
        at += width + length
        return text

    while at < len(octets):
        element = octets[at]
        at += 1
        if element == SECTION_START:
            section = {}
            stack[-1][take("!B")] = section
            stack.append(section)
        elif element == SECTION_END:
            stack.pop()
        elif element == KEY_VALUE:
            key = take("!B")
            stack[-1][key] = take("!H")
        elif element == LIST_START:
            items = []
            stack[-1][take("!B")] = items
        elif element == LIST_ITEM:
            items.append(take("!H"))
        elif element == LIST_END:
            items = None
        else:
            raise ViciError(f"element type {element}")
    if len(stack) != 1:
        raise ViciError("sections do not balance")
    return root


class Client:
    """One connection to a daemon's vici socket; use it as a context manager."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def send(self, packet_type, name="", message=b""):
        named = packet_type in (CMD_REQUEST, EVENT_REGISTER, EVENT_UNREGISTER)
        packet = bytes([packet_type]) + (_name(name) if named else b"") + message
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)

    def receive(self):
        """(type, event name or "", message) of the next packet."""
        (length,) = struct.unpack("!I", self._octets(4))
        packet = self._octets(length)
        if packet[0] == EVENT:
            end = 2 + packet[1]
            return EVENT, packet[2:end].decode(), decode(packet[end:])
        return packet[0], "", decode(packet[1:])

    def _octets(self, count):
        out = b""
        while len(out) < count:
            more = self.socket.recv(count - len(out))
            if not more:
                raise ViciError("the daemon closed the connection")
            out += more
        return out

    def request(self, command, message=None, event=None):
        """(response, [messages of the named event]) of one command."""
        events = []
        if event:
            self.send(EVENT_REGISTER, event)
            if self.receive()[0] != EVENT_CONFIRM:
                raise ViciError(f"no event {event}")
        self.send(CMD_REQUEST, command, encode(message or {}))
        while True:
            kind, name, body = self.receive()
            if kind == EVENT:
                events.append(body)
            elif kind == CMD_RESPONSE:
                return body, events
            elif kind == CMD_UNKNOWN:
                raise ViciError(f"unknown command {command}")
