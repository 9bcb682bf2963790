/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stream between `minivmm run-test` and its init in the guest (guest-images/runner), over COM2:
 * frames of a type, a length and so many bytes.
 *
 *   byte 0      type, one of enum run_frame_type
 *   bytes 1, 2  length of the payload, least significant byte first
 *   then        the payload
 *
 * The guest sends RUN_BEGUN; then RUN_STDOUT, RUN_STDERR and RUN_WANT_INPUT in any order; then what
 * is in /out, a directory before what is in it; then RUN_END, and nothing more. The host answers
 * each RUN_WANT_INPUT with one RUN_INPUT, and sends nothing else. So the guest never gets more
 * input than it has room for.
 *
 * What is to be run stands in the file RUN_SPEC_PATH of the guest, as texts that each end with NUL:
 * the folder to run in; the path of the program; RUN_SPEC_OUTPUT if /out is to be sent, else
 * nothing; the number of its arguments, decimal, with argv[0]; these; the variables of its
 * environment.
 *
 * Neither side trusts what comes. Pure: no clock, no I/O, bounded memory.
 */
#ifndef BASE_RUN_STREAM_H
#define BASE_RUN_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_STREAM_VERSION    "minivmm-run-1"
#define RUN_SPEC_PATH         "/.minivmm-run"
#define RUN_SPEC_OUTPUT       "out"
#define RUN_OUTPUT_FOLDER     "/out"
#define RUN_FRAME_HEAD_BYTES  3
#define RUN_PAYLOAD_MAX_BYTES 2048
#define RUN_FRAME_MAX_BYTES   (RUN_FRAME_HEAD_BYTES + RUN_PAYLOAD_MAX_BYTES)
/* The longest name of a file in /out, without a NUL. */
#define RUN_NAME_MAX_BYTES 1024
/* The payload of RUN_FILE and RUN_DIRECTORY: two bytes of permissions, then the name. */
#define RUN_MODE_BYTES 2

enum run_frame_type {
    RUN_NONE = 0,
    RUN_BEGUN = 'B',      /* RUN_STREAM_VERSION */
    RUN_STDOUT = 'o',     /* what the program wrote */
    RUN_STDERR = 'e',     /* the same */
    RUN_WANT_INPUT = 'w', /* nothing */
    RUN_INPUT = 'i',      /* what is on stdin; nothing: it has ended */
    RUN_DIRECTORY = 'd',  /* permissions, and the name below /out */
    RUN_FILE = 'f',       /* the same; RUN_DATA frames follow */
    RUN_DATA = 'c',       /* the next bytes of the file */
    RUN_SKIPPED = 's',    /* the name of what is neither */
    RUN_LOST = 'l',       /* the name of what cannot be read whole; nothing: /out itself */
    RUN_END = '.',        /* struct run_end */
};

/* How the program ended. On the line: one byte of `how`, and `value` as two bytes. */
enum run_end_how {
    RUN_EXITED = 0,     /* value is its status, 0 to 255 */
    RUN_SIGNALED = 1,   /* value is the signal's number */
    RUN_NOT_STARTED = 2 /* value is an errno */
};

struct run_end {
    enum run_end_how how;
    unsigned value;
};

#define RUN_END_BYTES 3

struct run_frame {
    enum run_frame_type type;
    const uint8_t *payload;
    unsigned length_bytes;
};

/* Zeroed is the starting state. */
struct run_decoder {
    uint8_t bytes[RUN_FRAME_MAX_BYTES];
    unsigned count;
    bool damaged;
};

/* Writes the head of a frame whose payload has so many bytes, RUN_PAYLOAD_MAX_BYTES at most. */
void run_frame_put_head(uint8_t head[RUN_FRAME_HEAD_BYTES], enum run_frame_type type,
                        unsigned length_bytes);

/*
 * Takes bytes up to the end of a frame, and returns how many. frame->type is RUN_NONE unless a
 * frame is complete; it is valid until the next call. What is no frame sets `damaged`; from then on
 * all bytes are taken and dropped.
 */
size_t run_decoder_take(struct run_decoder *decoder, const uint8_t *bytes, size_t count,
                        struct run_frame *frame);

void run_end_encode(const struct run_end *end, uint8_t payload[RUN_END_BYTES]);
/* False if it is none. */
bool run_end_decode(const struct run_frame *frame, struct run_end *end);

/*
 * The exit status of a run whose program ended so: its own, 128 and the signal, 127 for one that is
 * not there, and 126 for one that cannot be run.
 */
int run_end_status(const struct run_end *end);

/*
 * The permissions and the name of a RUN_FILE, RUN_DIRECTORY or, with mode NULL, RUN_SKIPPED or
 * RUN_LOST. False unless the name is one below a folder: relative, with no empty part, ".", "..",
 * or NUL.
 */
bool run_name_decode(const struct run_frame *frame, unsigned *mode,
                     char name[RUN_NAME_MAX_BYTES + 1]);

#endif
