/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readings of the HPET's counter and of the PM timer without the machine's lock
 * (vmm/machine/live_clock.h), for spin, which tries every interleaving: no reading is less than one
 * that was made before, by whichever thread and with or without the lock, and no time that anybody
 * was given is later than guest time.
 *
 * Guest time runs at 1 or 2 ns a cycle from a base. The HPET's counter follows from it while it
 * runs; the PM timer always does, and is guest time itself here. One thread changes, under the
 * lock, the rate of guest time or halts the counter, and then reads. Two threads read once; the TSC
 * of the second one's CPU is behind by a cycle. Memory is sequentially consistent, as the accesses
 * are.
 *
 * With one of these defined somebody is wrong, and spin must find a reading that goes back or a
 * time that is too late:
 *   LATE_BEGIN     a change takes its time before it makes the sequence even
 *   NO_FIRST_LOOK  a reading takes its copy as it is, whatever happened while it was made
 *   NO_LAST_LOOK   a reading does not look at the sequence once it has its time
 *   OWN_TIME       a reading uses the time of its own TSC, not the latest that anybody was given
 */
#define LAST_TSC 2

typedef inputs {
    byte base_tsc;
    byte base_ns;
    byte rate;
    byte counter;
    byte start_ns;
    bit runs
};

byte tsc;
bit locked;
/* Under the lock; and what is published of it. */
inputs truth;
inputs published;
byte sequence = 1;
byte now_ns;
/* The latest that anybody has read. */
byte latest_counter, latest_ns;

#define NS_AT(of, t)                                                                               \
    ((t) < of.base_tsc -> of.base_ns : of.base_ns + of.rate * ((t) - of.base_tsc))
#define COUNTER_AT(of, ns) (of.runs -> of.counter + (ns) - of.start_ns : of.counter)

proctype pass_time()
{
end:
    do
    :: atomic { tsc < LAST_TSC -> tsc++ }
    od
}

inline lock()
{
    atomic { locked == 0 -> locked = 1 }
}

inline unlock()
{
    locked = 0
}

/* live_clock_raise: ns becomes the latest time, or is it. */
inline raise(ns)
{
    atomic {
        if
        :: ns > now_ns -> now_ns = ns
        :: else -> ns = now_ns
        fi
    }
}

/* Field by field, but for those that are wrong together only. */
inline copy(to, from)
{
    atomic { to.base_tsc = from.base_tsc; to.base_ns = from.base_ns };
    to.rate = from.rate;
    atomic { to.counter = from.counter; to.start_ns = from.start_ns; to.runs = from.runs }
}

inline take_time()
{
    atomic { t = tsc; ns = NS_AT(truth, t) };
    raise(ns)
}

/* Under the lock: what a change makes of the inputs at its time. */
inline make_change()
{
    if
    :: atomic {
           truth.base_ns = NS_AT(truth, t);
           truth.base_tsc = t;
           truth.rate = 3 - truth.rate
       }
    :: atomic {
           truth.counter = COUNTER_AT(truth, ns);
           truth.start_ns = ns;
           truth.runs = 1 - truth.runs
       }
    fi
}

inline read_tsc()
{
    t = (tsc > lag -> tsc - lag : 0)
}

inline read_with_lock()
{
    lock();
    assert(now_ns <= NS_AT(truth, tsc));
    read_tsc();
    ns = NS_AT(truth, t);
    raise(ns);
    counter = COUNTER_AT(truth, ns);
    unlock()
}

/* Around a reading: none is less than one that was over before it began. */
inline begin_reading()
{
    atomic { before_counter = latest_counter; before_ns = latest_ns }
}

inline end_reading()
{
    atomic {
        assert(counter >= before_counter);
        assert(ns >= before_ns);
        latest_counter = (counter > latest_counter -> counter : latest_counter);
        latest_ns = (ns > latest_ns -> ns : latest_ns)
    }
}

/* It reads as well, with the lock, when it is done. */
proctype changer()
{
    byte t, ns, counter, before_counter, before_ns;
    byte lag = 0;

    lock();
#ifdef LATE_BEGIN
    take_time();
    sequence++;
#else
    sequence++;
    take_time();
#endif
    make_change();
    copy(published, truth);
    sequence++;
    unlock();
    begin_reading();
    read_with_lock();
    end_reading()
}

proctype reader(byte lag)
{
    inputs seen;
    byte t, ns, own_ns, counter, before_counter, before_ns, seen_sequence;

    begin_reading();
    seen_sequence = sequence;
    if
    :: seen_sequence % 2 == 0 -> goto with_lock
    :: else
    fi;
    copy(seen, published);
    read_tsc();
#ifndef NO_FIRST_LOOK
    if
    :: sequence != seen_sequence -> goto with_lock
    :: else
    fi;
#endif
    ns = NS_AT(seen, t);
    own_ns = ns;
    raise(ns);
#ifndef NO_LAST_LOOK
    if
    :: sequence != seen_sequence -> goto with_lock
    :: else
    fi;
#endif
#ifdef OWN_TIME
    ns = own_ns;
#endif
    counter = COUNTER_AT(seen, ns);
    goto done;
with_lock:
    read_with_lock();
done:
    end_reading()
}

init
{
    atomic {
        truth.rate = 2;
        truth.runs = 1;
        copy(published, truth);
        run pass_time();
        run changer();
        run reader(0);
        run reader(1)
    }
}
