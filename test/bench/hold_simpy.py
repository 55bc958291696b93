"""The hold model on SimPy, for comparison: see hold.cpp for the protocol."""

import array
import sys
import time

import simpy

INCREMENT_COUNT = 65536


class Hold:
    def __init__(self, increments, pending):
        self.increments = increments
        self.cursor = 0
        self.checksum = 1
        self.env = simpy.Environment()
        for a in range(pending):
            self.env.process(self.entity(a))
        for _ in range(pending):
            self.env.step()

    def entity(self, a):
        env = self.env
        increments = self.increments
        kind = a & 3
        while True:
            increment = increments[self.cursor & (INCREMENT_COUNT - 1)]
            self.cursor += 1
            yield env.timeout(increment)
            mixed = ((self.checksum ^ (env.now & 0xFFFFFFFF)) * 0x9E3779B1 + a) & 0xFFFFFFFF
            self.checksum = mixed ^ kind


def main():
    increments = array.array("i")
    with open(sys.argv[1], "rb") as file:
        increments.fromfile(file, INCREMENT_COUNT)
    hold = Hold(increments.tolist(), int(sys.argv[2]))
    step = hold.env.step
    for line in sys.stdin:
        start = time.perf_counter_ns()
        for _ in range(int(line)):
            step()
        print(time.perf_counter_ns() - start, hold.checksum, flush=True)


main()
