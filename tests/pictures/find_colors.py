#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Find colours in a PNG of 8 bits a sample, as headless Chromium writes it.

usage: find_colors.py FILE BACKGROUND COLOUR...    each as rrggbb
status: 0 if the first pixel is BACKGROUND and each COLOUR, or one within 6 of it, is that of 40 pixels
"""
import struct
import sys
import zlib


def paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def pixels(path):
    """The rows of a PNG, each a bytearray, and the bytes of a pixel."""
    data = open(path, 'rb').read()
    at, packed = 8, b''
    while at < len(data):
        length, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b'IHDR':
            width, _, depth, color = struct.unpack('>IIBB', body[:10])
            assert depth == 8 and color in (2, 6), 'another kind of PNG'
            step = 3 if color == 2 else 4
        elif kind == b'IDAT':
            packed += body
    raw, stride = zlib.decompress(packed), width * step
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        kind, row = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride if kind else 0):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            row[i] = row[i] + (0, left, above[i], (left + above[i]) // 2,
                               paeth(left, above[i], corner))[kind] & 255
        yield row, step
        above = row


def main():
    background, *colors = (bytes.fromhex(word) for word in sys.argv[2:])
    counts = dict.fromkeys(colors, 0)
    for y, (row, step) in enumerate(pixels(sys.argv[1])):
        if y == 0 and row[:3] != background:
            sys.exit(f'the first pixel is {row[:3].hex()}')
        for x in range(0, len(row), step):
            for color in colors:
                if all(abs(row[x + i] - color[i]) <= 6 for i in range(3)):
                    counts[color] += 1
    missing = [color.hex() for color, count in counts.items() if count < 40]
    if missing:
        sys.exit('not to be seen: ' + ' '.join(missing))


main()
