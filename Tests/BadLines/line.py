"""A line with delay, loss and a limited rate, for kernels that have no netem.

    line.py NAME NAME DELAY-MS LOSS-PERCENT RATE-KBIT SEED

Makes two network devices (TUN) of these names in its namespace and carries packets from each to the other. Whoever runs it moves the
devices to where they are needed. It prints a line when they are there, and ends when it is ended.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

# Beyond this a queue loses what comes, as a router's does.
QUEUE_SECONDS = 0.6


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main():
    names, (delay, loss, rate) = sys.argv[1:3], map(float, sys.argv[3:6])
    chance = random.Random(int(sys.argv[6]))
    devices = [open_device(name) for name in names]
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    # When each direction has sent what waits to be sent.
    free = {device: 0.0 for device in devices}
    under_way = []
    count = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        readable, _, _ = select.select(devices, [], [], wait)
        now = time.monotonic()
        for device in readable:
            try:
                packet = os.read(device, 65536)
            except (BlockingIOError, OSError):
                continue
            begin = max(now, free[device])
            if begin - now > QUEUE_SECONDS or chance.random() * 100 < loss:
                continue
            free[device] = begin + len(packet) * 8 / (rate * 1000)
            count += 1
            heapq.heappush(under_way, (free[device] + delay / 1000, count, other[device], packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(under_way)
            try:
                os.write(device, packet)
            except OSError:
                # The device at the other end is down: the line is cut.
                pass


main()
