#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands outside a running cluster and uses nothing of it but its door.

    ./door.py ipc:///tmp/.../door 'kill 3' status

sends the commands that it is given, then prints every event until the run
ends.  Only Python's own library is needed, and libnng.so.1, which is called
through ctypes.
"""

import ctypes
import json
import os
import sys

NNG_FLAG_ALLOC = 1
NNG_ETIMEDOUT = 5
NNG_DURATION_INFINITE = -1


class Socket(ctypes.Structure):
    """nng_socket: a number in a structure, passed by value."""

    _fields_ = [("id", ctypes.c_uint32)]


def load():
    """libnng with the types of what is called."""
    nng = ctypes.CDLL("libnng.so.1")
    text, size, pointer = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
    nng.nng_strerror.restype = text
    nng.nng_strerror.argtypes = [ctypes.c_int]
    for name in ("nng_sub0_open", "nng_req0_open"):
        getattr(nng, name).argtypes = [ctypes.POINTER(Socket)]
    nng.nng_dial.argtypes = [Socket, text, pointer, ctypes.c_int]
    nng.nng_socket_set.argtypes = [Socket, text, pointer, size]
    nng.nng_socket_set_int.argtypes = [Socket, text, ctypes.c_int]
    nng.nng_socket_set_ms.argtypes = [Socket, text, ctypes.c_int32]
    nng.nng_send.argtypes = [Socket, text, size, ctypes.c_int]
    nng.nng_recv.argtypes = [Socket, ctypes.POINTER(pointer),
                             ctypes.POINTER(size), ctypes.c_int]
    nng.nng_free.argtypes = [pointer, size]
    nng.nng_free.restype = None
    return nng


class Error(Exception):
    """What nng answered, in its words."""

    def __init__(self, nng, number):
        super().__init__(nng.nng_strerror(number).decode())
        self.number = number


class Door:
    """The two sockets of a running cluster."""

    def __init__(self, url):
        self.url = url
        self.nng = load()
        # Events first: what a command causes shall not be missed.
        self.events = Socket()
        self.check(self.nng.nng_sub0_open(ctypes.byref(self.events)))
        self.check(self.nng.nng_socket_set(self.events, b"sub:subscribe",
                                           b"", 0))
        self.nng.nng_socket_set_int(self.events, b"recv-buffer", 8192)
        self.nng.nng_socket_set_ms(self.events, b"recv-timeout", 200)
        self.dial(self.events, ".pub")
        self.commands = Socket()
        self.check(self.nng.nng_req0_open(ctypes.byref(self.commands)))
        # A command that is sent twice could do something twice.
        self.nng.nng_socket_set_ms(self.commands, b"req:resend-time",
                                   NNG_DURATION_INFINITE)
        self.nng.nng_socket_set_ms(self.commands, b"recv-timeout", 10000)
        self.dial(self.commands, ".ctl")

    def check(self, number):
        if number != 0:
            raise Error(self.nng, number)

    def dial(self, socket, suffix):
        self.check(self.nng.nng_dial(socket, (self.url + suffix).encode(),
                                     None, 0))

    def receive(self, socket):
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        self.check(self.nng.nng_recv(socket, ctypes.byref(data),
                                     ctypes.byref(size), NNG_FLAG_ALLOC))
        message = ctypes.string_at(data, size.value)
        self.nng.nng_free(data, size)
        return json.loads(message)

    def command(self, line):
        """One command; its answer, an object."""
        data = line.encode()
        self.check(self.nng.nng_send(self.commands, data, len(data), 0))
        return self.receive(self.commands)

    def is_there(self):
        """Whether the run still keeps its door."""
        path = self.url.removeprefix("ipc://") + ".pub"
        return os.path.exists(path)

    def watch(self):
        """Every event, until the run ends."""
        while True:
            try:
                event = self.receive(self.events)
            except Error as error:
                if error.number == NNG_ETIMEDOUT and self.is_there():
                    continue
                return
            yield event
            # With a node, it is the end of that node.
            if event["type"] == "end" and "node" not in event:
                return


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        door = Door(sys.argv[1])
        for line in sys.argv[2:]:
            print(f"{line}: {json.dumps(door.command(line))}", flush=True)
        for event in door.watch():
            print(json.dumps(event), flush=True)
        # The end of the process closes the sockets: in nng 1.5.2, nng_close
        # can wait for ever while something still comes.
    except (Error, OSError) as error:
        sys.exit(f"door.py: {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
