/* SPDX-License-Identifier: BSD-2-Clause */
/* See jitter.h. */
#include "kvmclock/jitter.h"

#include "base/splitmix64.h"
#include "base/time_math.h"

/* Of a walk's lines: how high each is. sqrt(2) to the power of its number, times 5. */
static const uint8_t heights[] = {5, 7, 10, 14, 20, 28, 40, 57};
#define LINES       (sizeof heights / sizeof heights[0])
#define HEIGHTS_SUM 181

bool jitter_is_valid(const struct jitter *jitter)
{
    uint64_t most_ns = jitter->every_ns / 2;

    return jitter->by_ns <= most_ns && jitter->every_ns <= JITTER_EVERY_MAX_NS &&
           jitter->first_ns >= -(int64_t)most_ns && jitter->first_ns <= (int64_t)most_ns &&
           jitter->zero_ns > INT64_MIN / 4 * 3;
}

/* From -by_ns to by_ns, the same for each seed and place; 0 at the first. */
static int64_t drawn_ns(const struct jitter *jitter, uint64_t seed, uint64_t place)
{
    uint64_t chance = splitmix64_nth(seed, place);

    if (place == 0)
        return 0;
    return (int64_t)(((unsigned __int128)chance * (2 * jitter->by_ns + 1)) >> 64) -
           (int64_t)jitter->by_ns;
}

/* Of one of the lines of a walk, which has an end each 2^line knots: 2^line times its height. */
static int64_t line_ns(const struct jitter *jitter, unsigned line, uint64_t knot)
{
    uint64_t seed = splitmix64_nth(~jitter->seed, line);
    int64_t length = INT64_C(1) << line, passed = (int64_t)(knot & (uint64_t)(length - 1));

    return drawn_ns(jitter, seed, knot >> line) * (length - passed) +
           drawn_ns(jitter, seed, (knot >> line) + 1) * passed;
}

static int64_t walk_ns(const struct jitter *jitter, uint64_t knot)
{
    int64_t sum_ns = 0;

    for (unsigned line = 0; line < LINES; line++)
        sum_ns += line_ns(jitter, line, knot) / (INT64_C(1) << line) * heights[line];
    return sum_ns / HEIGHTS_SUM;
}

static int64_t knot_ns(const struct jitter *jitter, uint64_t knot)
{
    if (knot == 0)
        return jitter->first_ns;
    return jitter->walks ? walk_ns(jitter, knot) : drawn_ns(jitter, jitter->seed, knot);
}

/* A line of J, from one knot to the next. Near 2^63 it ends beyond what 64 bits hold. */
struct piece {
    __int128 time_ns;
    __int128 shown_ns;
    /* So many nanoseconds are shown in every_ns. */
    uint64_t rise_ns;
};

static struct piece piece_of(const struct jitter *jitter, uint64_t knot)
{
    int64_t every_ns = (int64_t)jitter->every_ns;
    __int128 time_ns = jitter->zero_ns + (__int128)knot * every_ns;
    int64_t begin_ns = knot_ns(jitter, knot);

    return (struct piece){
        .time_ns = time_ns,
        .shown_ns = time_ns + begin_ns,
        .rise_ns = (uint64_t)(every_ns + knot_ns(jitter, knot + 1) - begin_ns),
    };
}

static bool is_before(const struct jitter *jitter, uint64_t time_ns)
{
    return jitter->every_ns == 0 || (int64_t)time_ns < jitter->zero_ns;
}

/* The one that is at time_ns, or before it. */
static uint64_t knot_at(const struct jitter *jitter, uint64_t time_ns)
{
    return (time_ns - (uint64_t)jitter->zero_ns) / jitter->every_ns;
}

static struct piece piece_at(const struct jitter *jitter, uint64_t time_ns)
{
    return piece_of(jitter, knot_at(jitter, time_ns));
}

uint64_t jitter_at(const struct jitter *jitter, uint64_t time_ns)
{
    struct piece piece;
    __int128 shown_ns;

    if (is_before(jitter, time_ns))
        return time_ns;
    piece = piece_at(jitter, time_ns);
    shown_ns = piece.shown_ns +
               mul_div_floor((uint64_t)(time_ns - piece.time_ns), piece.rise_ns, jitter->every_ns);
    return shown_ns > 0 ? (uint64_t)shown_ns : 0;
}

/* J is at most by_ns, or first_ns, apart from its time: it is there within three lines. */
uint64_t jitter_time_ns(const struct jitter *jitter, uint64_t shown_ns)
{
    int64_t from_ns = (int64_t)shown_ns - (int64_t)jitter->every_ns / 2;
    struct piece piece;
    __int128 time_ns;
    uint64_t knot;

    if (jitter->every_ns == 0 || shown_ns > INT64_MAX)
        return shown_ns;
    knot = knot_at(jitter, (uint64_t)(from_ns > jitter->zero_ns ? from_ns : jitter->zero_ns));
    piece = piece_of(jitter, knot);
    while (piece.shown_ns + piece.rise_ns < shown_ns)
        piece = piece_of(jitter, ++knot);
    time_ns = piece.time_ns;
    if (shown_ns > piece.shown_ns)
        time_ns +=
            mul_div_ceil((uint64_t)(shown_ns - piece.shown_ns), jitter->every_ns, piece.rise_ns);
    return time_ns > 0 ? (uint64_t)time_ns : 0;
}

uint64_t jitter_stretched(const struct jitter *jitter, uint64_t time_ns, uint64_t ns)
{
    if (is_before(jitter, time_ns))
        return ns;
    return mul_div_floor(ns, piece_at(jitter, time_ns).rise_ns, jitter->every_ns);
}

uint64_t jitter_next_ns(const struct jitter *jitter, uint64_t time_ns)
{
    __int128 end_ns = (__int128)jitter->zero_ns + jitter->every_ns;

    if (jitter->every_ns == 0)
        return TIME_NEVER_NS;
    if ((int64_t)time_ns < jitter->zero_ns)
        return (uint64_t)jitter->zero_ns;
    if (jitter->by_ns == 0)
        return time_ns < end_ns ? (uint64_t)end_ns : TIME_NEVER_NS;
    return (uint64_t)piece_at(jitter, time_ns).time_ns + jitter->every_ns;
}

struct jitter jitter_end(const struct jitter *jitter, uint64_t time_ns)
{
    return (struct jitter){
        .zero_ns = (int64_t)time_ns,
        .first_ns = (int64_t)(jitter_at(jitter, time_ns) - time_ns),
        .every_ns = jitter->every_ns,
    };
}

void jitter_step(struct jitter *jitter, int64_t by_ns)
{
    if (jitter->every_ns != 0)
        jitter->zero_ns += by_ns;
}
