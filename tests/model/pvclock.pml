/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm-clock's publication (kvmclock/kvmclock.h) and its readers, for spin, which tries every
 * interleaving: no vCPU reads a time that is earlier than what any vCPU had read before.
 *
 * Time has run at 2 ns a cycle; the writer takes a rate of 1 or 2. A page of the model is
 *
 *     ns = 2 * base_tsc + rate * (tsc - base_tsc)
 *
 * in two fields that are written one after the other, as those of the real one are. The writer is a
 * CPU of x86: its stores reach memory in order, but later, through a buffer, and rdtsc does not
 * wait for that. A fence does. Nor does rdtsc wait for the fence, or for anything else that stands
 * before it: the CPU may execute it first. An lfence before it keeps it in its place. A reader's
 * loads and its rdtsc are in order.
 *
 * With one of these defined the writer is wrong, and spin must find a time that goes back:
 *   ONE_BY_ONE   it takes the new rate without having made all versions odd, and replaces one page
 *                after the other
 *   EARLY_TSC    it reads the TSC before it makes the versions odd
 *   NO_FENCE     it reads the TSC while the odd versions may still be in its buffer
 *   NO_LFENCE    it has the fence, and the CPU may read the TSC ahead of it
 *   NO_VERSION   it leaves the versions as they are
 */
#define VCPUS      2
#define LAST_TSC   3
#define VERSION    0
#define BASE_TSC   1
#define RATE       2
#define PAGE_BYTES 3

byte memory[PAGE_BYTES * VCPUS];
chan buffer = [(PAGE_BYTES + 1) * VCPUS] of { byte, byte };
byte tsc;
/* The latest time that any vCPU has read. */
byte latest_ns;

#define FIELD(vcpu, field) (PAGE_BYTES * (vcpu) + (field))

proctype pass_time()
{
end:
    do
    :: atomic { tsc < LAST_TSC -> tsc++ }
    od
}

proctype drain_buffer()
{
    byte field, value;

end:
    do
    :: atomic { buffer?field, value -> memory[field] = value; field = 0; value = 0 }
    od
}

inline fence()
{
    empty(buffer)
}

inline fill(vcpu)
{
    buffer!FIELD(vcpu, BASE_TSC), base_tsc;
    buffer!FIELD(vcpu, RATE), rate
}

inline set_version(vcpu, version)
{
#ifndef NO_VERSION
    buffer!FIELD(vcpu, VERSION), version
#else
    skip
#endif
}

inline take_rate()
{
    atomic {
        base_tsc = tsc;
        if
        :: rate = 1
        :: rate = 2
        fi
    }
}

/* Where the CPU may execute an rdtsc that stands further down. */
inline rdtsc_ahead()
{
#ifdef NO_LFENCE
    if
    :: rate == 0 -> take_rate()
    :: skip
    fi
#else
    skip
#endif
}

/* Where it stands: it is executed here unless it has been. */
inline rdtsc()
{
    if
    :: rate == 0 -> take_rate()
    :: else
    fi
}

proctype writer()
{
    byte base_tsc, rate;

#ifdef ONE_BY_ONE
    take_rate();
    set_version(0, 1);
    fence();
    fill(0);
    set_version(0, 2);
    set_version(1, 1);
    fence();
    fill(1);
    set_version(1, 2)
#else
#ifdef EARLY_TSC
    take_rate();
#endif
    rdtsc_ahead();
    set_version(0, 1);
    rdtsc_ahead();
    set_version(1, 1);
    rdtsc_ahead();
#ifndef NO_FENCE
    fence();
#endif
    rdtsc();
    fill(0);
    fill(1);
    set_version(0, 2);
    set_version(1, 2)
#endif
}

proctype reader(byte vcpu)
{
    byte version, base_tsc, rate, now, ns, before_ns;

    before_ns = latest_ns;
    do
    :: atomic {
           memory[FIELD(vcpu, VERSION)] % 2 == 0 -> version = memory[FIELD(vcpu, VERSION)]
       };
       base_tsc = memory[FIELD(vcpu, BASE_TSC)];
       rate = memory[FIELD(vcpu, RATE)];
       now = tsc;
       if
       :: atomic { version == memory[FIELD(vcpu, VERSION)] -> break }
       :: atomic { else -> version = 0; base_tsc = 0; rate = 0; now = 0 }
       fi
    od;
    atomic {
        ns = 2 * base_tsc + rate * (now - base_tsc);
        assert(ns >= before_ns);
        if
        :: ns > latest_ns -> latest_ns = ns
        :: else
        fi
    }
}

init
{
    atomic {
        memory[FIELD(0, RATE)] = 2;
        memory[FIELD(1, RATE)] = 2;
        run pass_time();
        run drain_buffer();
        run writer();
        run reader(0);
        run reader(1)
    }
}
