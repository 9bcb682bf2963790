/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders for a probe, on COM2. With the word PROBE_ORDERS_WORD on the kernel's command line a probe
 * that is about to measure sends the byte PROBE_ENQUIRY and waits for a line: words as on the
 * command line, which count as if they stood behind those. Then it measures and reports as always.
 *
 * So one that is saved while it waits can be restored again and again, and measures each time anew.
 */
#ifndef BASE_PROBE_ORDERS_H
#define BASE_PROBE_ORDERS_H

#define PROBE_ORDERS_WORD "probe.orders=wait"
/* ASCII's ENQ, which is in no report. */
#define PROBE_ENQUIRY 0x05
/* Of a line, with its newline. */
#define PROBE_ORDERS_MAX_BYTES 1024

#endif
