/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USDT probes at the points of the trace: for perf and bpftrace, which see a record as it is made.
 * A probe is one instruction, nop, until one of these puts a breakpoint there, and a note in the
 * program that says where its arguments are. So it costs nothing, and without --trace nobody comes
 * by.
 *
 *   minivmm:record   kind, vcpu, tsc, g_ns, value, where, arg of struct trace_record
 *   minivmm:text     the same of a record with a text, and the text, a string
 *
 * Source: sys/sdt.h of systemtap-sdt-dev, a header alone.
 */
#ifndef VMM_HOST_TRACE_PROBE_H
#define VMM_HOST_TRACE_PROBE_H

#include <sys/sdt.h>

#include "timelab/trace_record.h"

static inline __attribute__((always_inline)) void trace_probe(const struct trace_record *record)
{
    DTRACE_PROBE7(minivmm, record, record->kind, record->vcpu, record->tsc, record->g_ns,
                  record->value, record->where, record->arg);
}

static inline void trace_probe_text(const struct trace_record *record, const char *text)
{
    DTRACE_PROBE8(minivmm, text, record->kind, record->vcpu, record->tsc, record->g_ns,
                  record->value, record->where, record->arg, text);
}

#endif
