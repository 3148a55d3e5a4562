#!/usr/bin/env python3
"""A file by TCP: tcp_file.py receive ADDRESS PORT FILE, tcp_file.py send FROM_ADDRESS TO_ADDRESS PORT FILE."""
import socket
import sys
import time


def receive(address, port, path):
    with socket.create_server((address, int(port))) as listener:
        listener.settimeout(30)
        connection, _ = listener.accept()
        with connection, open(path, "wb") as file:
            connection.settimeout(30)
            while octets := connection.recv(65536):
                file.write(octets)


def send(source, address, port, path):
    started = time.monotonic()
    with connect(source, address, int(port)) as connection, open(path, "rb") as file:
        connection.settimeout(30)
        count = connection.sendfile(file)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)              # the end of the receiver's side
    seconds = time.monotonic() - started
    print(f"{count} octets in {seconds:.2f} s, {count * 8 / seconds / 1e6:.0f} Mbit/s")


def connect(source, address, port, patience=10):
    """Connects as soon as the receiver listens."""
    end = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((address, port), timeout=patience, source_address=(source, 0))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    {"receive": receive, "send": send}[sys.argv[1]](*sys.argv[2:])
