/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's end of a serial port: where the guest's bytes go to and where its input comes from.
 *
 * Two sides, joined by two lock-free rings and an eventfd:
 *   guest side  console_put and console_get, called under the machine lock by any thread. They
 *               never wait and make a system call only to wake the main thread.
 *   host side   everything else, called by the main thread without the machine lock. Only here is
 *               read and written, and nothing here blocks, however slow the reader of stdout is.
 *
 * The host side waits in an event loop and tells its owner of what concerns the guest. At
 * CONSOLE_INPUT or CONSOLE_ROOM the owner takes the machine lock, lets the UART send what it holds
 * back, with console_put, and receive what fits its FIFO, with console_get; at CONSOLE_END it ends
 * the run.
 *
 * Output is collected where the owner asks for it. The first byte after a silence wakes the main
 * thread, which writes it at once, so an echo is seen at once. From then on the main thread looks
 * by itself and the guest wakes nobody: after CONSOLE_REST_MIN_NS, and as long as it finds bytes
 * each rest is twice as long as the one before, up to CONSOLE_REST_MAX_NS. A look that finds
 * nothing is the last one. So a prompt is whole within a fraction of a millisecond, a guest that
 * prints without end costs 250 wake-ups a second, and a silent one none. A rest ends early when the
 * ring is half full, when input comes, and at console_write_collected.
 *
 * When a guest has read its receiver buffer, the UART takes the next bytes with console_get.
 * Input that the UART has no room for stays in the ring; once that is full stdin is left alone
 * until the guest has taken half of it, so nothing from a pipe or file is lost. A terminal is read
 * all the same, or its user could not end a guest that hangs: keys that do not fit are dropped and
 * counted, and the user is told once.
 *
 * Nothing says that a shell has brought a job that runs back into the foreground: SIGCONT is for
 * one that was stopped. So a process in the background looks at it once a second.
 *
 * Output that cannot be written (the reader of the pipe is gone, the disk is full, the limit is
 * reached) is dropped and counted: the guest never sees it, and the user is told once.
 *
 * With CONSOLE_CLIENT the port is a socket at a path, for one client at a time; further ones wait
 * in its queue until that one is gone. Without a client the cable is not plugged in: what the guest
 * sends is dropped and counted, which is no loss. A client that sends more than the guest takes
 * waits. One that does not read makes the guest's transmitter wait, as flow control does, but not
 * for ever: if it has taken nothing for CONSOLE_CLIENT_WAIT_NS and the ring is full, it is
 * disconnected, and a line says so. The end of a run waits for no client.
 */
#ifndef VMM_HOST_CONSOLE_H
#define VMM_HOST_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/host/byte_ring.h"
#include "vmm/host/escape_key.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/unix_socket.h"

#define CONSOLE_OUTPUT_SIZE 65536
/* What a user may paste at once into a guest that is slow to take it. */
#define CONSOLE_INPUT_SIZE 65536
/* Of output that is collected. A person sees no difference below some tens of milliseconds. */
#define CONSOLE_REST_MIN_NS    UINT64_C(250000)
#define CONSOLE_REST_MAX_NS    UINT64_C(4000000)
#define CONSOLE_CLIENT_WAIT_NS UINT64_C(10000000000)

enum console_kind {
    CONSOLE_STDIO, /* stdout and stdin */
    CONSOLE_FILE,  /* a file that is created or truncated; no input */
    CONSOLE_NONE,  /* output is dropped, not counted as lost; no input */
    /* Of run-test. */
    CONSOLE_STDOUT, /* stdout; no input */
    CONSOLE_STDERR, /* stderr, between the messages; no input */
    CONSOLE_SOCKET, /* a descriptor, both ways: see console_open_socket */
    CONSOLE_CLIENT, /* the clients of a socket at a path, both ways */
};

/* Bits of what the owner is told. */
enum console_event {
    CONSOLE_INPUT = 1, /* console_get has bytes, or console_get_break a break */
    CONSOLE_ROOM = 2,  /* console_put may have been refused before, and has room now */
    CONSOLE_END = 4,   /* the user typed the escape key, or the terminal is gone */
};

struct console {
    /* Fixed once open. */
    enum console_kind kind;
    /* For messages: "console", "report". */
    const char *name;
    int wake_fd;
    bool collects_output;

    /* Both sides: the guest side puts output and drops input, the host side the other way round. */
    struct byte_ring output;
    struct byte_ring input;
    /* The host side sets it: it will look at the output by itself, so first bytes wake nobody. */
    _Atomic bool output_rests;
    /* A break comes before the input byte with this count. The host side sets it, then has_break.
     */
    uint32_t break_count;
    _Atomic bool has_break;

    /* Host side. */
    int output_fd;
    /* What is written there and messages have to leave each other's lines whole. */
    bool shares_stderr;
    /* -1 at end of file, or if there is no input. */
    int input_fd;
    /* stdin is a terminal and the process in its background: the keys are not ours to read. */
    bool input_paused;
    /* Keys that did not fit the ring. */
    uint64_t input_lost_bytes;
    /* The output failed for good: what comes is dropped and counted. */
    bool output_dead;
    uint64_t output_lost_bytes;
    /* A write has left bytes in the ring: the next is when the descriptor takes output again. */
    bool output_waits;
    /* How long the latest rest is, or was. */
    uint64_t output_rest_ns;
    /* Until the limit of a file; UINT64_MAX: it has none. */
    uint64_t output_left_bytes;
    /* Keys from a raw terminal: the escape key works, and end of file means that it is gone. */
    bool interactive;
    struct escape_key escape;
    struct event_source wake_source;
    struct event_source output_source;
    struct event_source input_source;
    struct event_deadline foreground_deadline;
    struct event_deadline output_rest_deadline;
    void (*tell)(void *ctx, unsigned events);
    void *tell_ctx;

    /* Of CONSOLE_CLIENT, whose descriptors are -1 while there is no client. */
    struct unix_listener listener;
    struct event_source listen_source;
    /* For a client that does not read, or for the listener to be looked at again. */
    struct event_deadline client_deadline;
    /* console_output_taken when that deadline was set. */
    uint32_t client_taken;
    /* The client has sent all that it will. */
    bool client_has_ended;
    uint64_t unplugged_bytes;
};

/*
 * Opens the host's end; path is for CONSOLE_FILE and CONSOLE_CLIENT, which keeps it. Returns 0, or
 * -errno after an error line. From here on SIGPIPE, SIGXFSZ, SIGTTOU and SIGTTIN are ignored. With
 * CONSOLE_STDIO a terminal on stdin becomes raw (see terminal.h) and the escape key is printed.
 */
int console_open(struct console *console, const char *name, enum console_kind kind,
                 const char *path);

/* The same with a socket or pipe, which stays the caller's. */
int console_open_socket(struct console *console, const char *name, int fd);

/*
 * Once open: a regular file that CONSOLE_FILE has made gets so many bytes. What comes then is
 * dropped and counted, and the user is told once.
 */
void console_limit_output(struct console *console, uint64_t limit_bytes);

/* Once open and before console_attach: output is collected, as said above. */
void console_collect_output(struct console *console);

/* Host side, attached: what is collected is written now. */
void console_write_collected(struct console *console);

/* Whether bytes from the guest wait to be written. */
bool console_output_pending(const struct console *console);

/*
 * The same for a reader that a run waits for: at its end the main loop goes on until there are
 * none, or until a signal or a limit says that it has waited long enough.
 */
bool console_reader_is_behind(const struct console *console);

/* How many of its bytes are done with, written or lost. It wraps. */
uint32_t console_output_taken(const struct console *console);

/*
 * Writes what is still in the ring, waiting at most a second in which nothing moves, restores the
 * terminal, and closes. Says how many bytes of output and input were lost, if any; false if output
 * was. No thread may put any more.
 */
bool console_close(struct console *console);

/* Bytes of the guest that never came here, and that no one will send: they count as lost. */
void console_lose_output(struct console *console, uint32_t bytes);

/* After SIGCONT: takes the terminal again if the process is in the foreground now. */
void console_resume(struct console *console);

/* Of the host side itself: stdin is readable, or at its end. Returns console_event bits. */
unsigned console_read_input(struct console *console);

/*
 * Of the host side itself: writes what the descriptor takes, and rests for rest_ns if there was
 * anything and output is collected. console_end_rest ends a rest first, and next_ns is the length
 * of the one that may follow. Both return console_event bits.
 */
unsigned console_write_output(struct console *console, uint64_t rest_ns);
unsigned console_end_rest(struct console *console, uint64_t next_ns);

/* Of the host side itself: console_read_input and what follows from it. */
void console_take_input(struct console *console);

/*
 * Of the host side itself, with CONSOLE_CLIENT. console_client_wait is the end of every callback;
 * the others are told what a read or a write has found.
 */
int console_client_attach(struct console *console, struct event_loop *loop);
void console_client_detach(struct console *console);
void console_client_wait(struct console *console);
void console_client_input_ended(struct console *console, bool failed);
void console_client_output_failed(struct console *console);

/* Guest side: a byte from the guest. False if there is no room: offer it again at CONSOLE_ROOM. */
bool console_put(struct console *console, uint8_t byte);

/*
 * Guest side: the next byte for the guest. False if there is none, or if a break comes before it:
 * console_get_break takes that, and is true if it was there.
 */
bool console_get(struct console *console, uint8_t *byte);
bool console_get_break(struct console *console);

/*
 * Host side: from here on, until console_close, the loop moves the bytes; tell is called with
 * console_event bits. 0, or -ENOSPC if the loop is full.
 */
int console_attach(struct console *console, struct event_loop *loop,
                   void (*tell)(void *ctx, unsigned events), void *ctx);

#endif
