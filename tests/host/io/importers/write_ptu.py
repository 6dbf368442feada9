"""Writes PTU files: images by ptufile, and random records of every type, word by word. Exits with 77 without ptufile."""
import struct
import sys

import numpy as np

try:
    import ptufile
except ImportError:
    sys.exit(77)

folder = sys.argv[1]
rng = np.random.default_rng(3)
T3 = {0x00010303: "pico", 0x00010304: "old", 0x01010304: "new", 0x00010305: "new", 0x00010306: "new", 0x00010307: "new"}
T2 = {0x00010203: "pico", 0x00010204: "old", 0x01010204: "new", 0x00010205: "new", 0x00010206: "new", 0x00010207: "new"}


def tag(name, value):
    head = name.encode().ljust(32, b"\0") + struct.pack("<i", -1)
    if isinstance(value, float):
        return head + struct.pack("<Id", 0x20000008, value)
    return head + struct.pack("<Iq", 0x10000008, value)


def write(name, words, tags):
    tags["TTResult_NumberOfRecords"] = len(words)
    with open(f"{folder}/{name}.ptu", "wb") as f:
        f.write(b"PQTTTR\0\0" + b"1.0.00\0\0" + b"".join(tag(k, v) for k, v in tags.items()))
        f.write(b"Header_End".ljust(32, b"\0") + struct.pack("<iIq", -1, 0xFFFF0008, 0))
        f.write(np.array(words, "<u4").tobytes())


class Stream:
    """Words of one device; `period` is what an overflow adds to the macro time."""

    def __init__(self, kind, t3):
        self.kind, self.t3, self.words, self.high = kind, t3, [], 0
        self.period = {("pico", 1): 65536, ("pico", 0): 210698240, ("old", 0): 33552000}.get(
            (kind, int(t3)), 1024 if t3 else 33554432)

    def low(self, time):
        n = time // self.period - self.high
        self.high += n
        if self.kind == "pico":
            self.words += [0xF0000000] * n
        elif self.kind == "old":
            self.words += [0xFE000000 | int(rng.integers(0, 9))] * n
        elif n > 0:
            self.words += [0xFE000000 | (0 if n == 1 and rng.random() < 0.5 else n)]
        return time % self.period

    def photon(self, time, channel, nanotime):
        low = self.low(time)
        if self.kind == "pico":
            self.words.append((channel + 1) << 28 | (nanotime << 16 if self.t3 else 0) | low)
        else:
            self.words.append(channel << 25 | (nanotime << 10 if self.t3 else 0) | low)

    def marker(self, time, bits):
        low = self.low(time)
        if self.kind == "pico":
            self.words.append(0xF0000000 | (bits << 16 | low if self.t3 else low & ~15 | bits))
        else:
            self.words.append(0x80000000 | bits << 25 | low)

    def sync(self, time):
        low = self.low(time)
        self.words.append(low if self.kind == "pico" else 0x80000000 | low)


def image(code, kind, *, dwell=True, back=False, sine=0.0, rows=7, columns=13):
    s, time, pixel = Stream(kind, True), 50, 90
    for frame in range(3):
        s.marker(time, 4)
        for y in range(rows + frame % 2):
            s.marker(time, 1)
            length = pixel * columns
            for at in np.sort(rng.integers(0, length, 60)):
                s.photon(time + int(at), int(rng.integers(0, 4)), int(rng.integers(0, 1500)))
            time += length + (0 if dwell else int(rng.integers(0, 5)))
            s.marker(time, 2)
            for at in np.sort(rng.integers(0, 40, 5)):
                s.photon(time + int(at), 1, 5)
            time += 50 + int(rng.integers(0, 2000))
    tags = {"Measurement_Mode": 3, "Measurement_SubMode": 3, "TTResultFormat_TTTRRecType": code,
            "TTResultFormat_BitsPerRecord": 32, "MeasDesc_GlobalResolution": 25e-9, "MeasDesc_Resolution": 16e-12,
            "ImgHdr_Dimensions": 3, "ImgHdr_PixX": columns, "ImgHdr_PixY": rows, "ImgHdr_LineStart": 1,
            "ImgHdr_LineStop": 2, "ImgHdr_Frame": 3, "ImgHdr_BiDirect": int(back)}
    if dwell:
        tags["ImgHdr_TimePerPixel"] = pixel * 25e-9 * 1e3
    if sine:
        tags["ImgHdr_SinCorrection"] = sine
    write(f"image_{code:08x}_{int(dwell)}{int(back)}{int(sine)}", s.words, tags)


for code, kind in T3.items():
    image(code, kind, back=code % 2 == 0)
image(0x00010307, "new", dwell=False, back=True)
image(0x00010303, "pico", dwell=False)
image(0x00010307, "new", sine=80.0)
image(0x00010304, "old", back=True, sine=60.0)

for code, kind in T3.items():
    s, time = Stream(kind, True), 0
    for _ in range(3000):
        time += int(rng.exponential(400)) + (200000 if rng.random() < 0.01 else 0)
        s.photon(time, int(rng.integers(0, 4)), int(rng.integers(0, 4096 if kind == "pico" else 32768)))
    write(f"point_{code:08x}", s.words, {
        "Measurement_Mode": 3, "Measurement_SubMode": 0, "TTResultFormat_TTTRRecType": code,
        "TTResultFormat_BitsPerRecord": 32, "MeasDesc_GlobalResolution": 12.5e-9, "MeasDesc_Resolution": 4e-12})

for code, kind in T2.items():
    s, time = Stream(kind, False), 0
    for pulse in range(3000):
        time += 12500 if rng.random() > 0.001 else 400_000_000
        s.sync(time)
        if rng.random() < 0.6:
            s.photon(time + int(rng.integers(0, 12400)), int(rng.integers(0, 4)), 0)
    write(f"clock_{code:08x}", s.words, {
        "Measurement_Mode": 2, "Measurement_SubMode": 0, "TTResultFormat_TTTRRecType": code,
        "TTResultFormat_BitsPerRecord": 32, "MeasDesc_GlobalResolution": 1e-12})

for kind, shape in (("PicoHarpT3", (2, 6, 5, 2, 300)), ("GenericT3", (1, 4, 9, 3, 700))):
    data = rng.poisson(0.02, shape).astype("u2")
    data[-1, -1, -1, -1, -1] = 1
    np.save(f"{folder}/image_{kind}.npy", data)
    ptufile.imwrite(f"{folder}/image_{kind}.ptu", data, 25e-9, 4e-12, 2000 * 25e-9,
                    record_type=ptufile.PtuRecordType[kind])
