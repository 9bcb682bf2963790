/* SPDX-License-Identifier: BSD-2-Clause */
/* One 8254 counter, against a model that takes one CLK pulse at a time as the data sheet tells it.
 */
#include "tests/unit/unit.h"

#include "devices/pc/pit_counter.h"

/* The counter of the data sheet, moved pulse by pulse. Counts are in clocks, 1 to the modulus. */
struct model {
    unsigned mode;
    bool bcd;
    bool gate, trigger, out;
    /* A count was written since the control word; it waits for the next pulse; it is being counted.
     */
    bool written, loading, counting;
    /* Modes 4 and 5: the strobe is still to come. */
    bool armed;
    bool null_count;
    uint32_t count_register, initial, element;
    /* What the counting element shows while it does not count. */
    uint16_t shown;
};

static uint32_t modulus(const struct model *m)
{
    return m->bcd ? 10000 : 65536;
}

static uint16_t coded(const struct model *m, uint32_t clocks)
{
    uint32_t n = clocks % modulus(m);

    return (uint16_t)(m->bcd ? n / 1000 * 4096 + n / 100 % 10 * 256 + n / 10 % 10 * 16 + n % 10
                             : n);
}

static uint16_t model_count(const struct model *m)
{
    return m->counting ? coded(m, m->element) : m->shown;
}

static void model_stop(struct model *m)
{
    m->shown = model_count(m);
    m->counting = false;
    m->loading = false;
}

static void model_control(struct model *m, unsigned mode, bool bcd)
{
    model_stop(m);
    m->mode = mode;
    m->bcd = bcd;
    m->written = m->trigger = m->armed = false;
    m->null_count = true;
    m->out = mode != 0;
}

static void model_first_byte(struct model *m)
{
    if (m->mode != 0)
        return;
    model_stop(m);
    m->out = false;
}

static void model_count_written(struct model *m, uint32_t clocks)
{
    model_first_byte(m);
    m->count_register = clocks;
    m->written = m->null_count = true;
    if (m->mode == 0 || m->mode == 4 || ((m->mode == 2 || m->mode == 3) && !m->counting))
        m->loading = true;
}

static void model_gate(struct model *m, bool gate)
{
    if (gate && !m->gate && m->mode != 0 && m->mode != 4 && m->written)
        m->trigger = true;
    if (!gate && (m->mode == 2 || m->mode == 3))
        m->out = true;
    m->gate = gate;
}

static void model_load(struct model *m)
{
    m->initial = m->count_register;
    m->element = m->mode == 3 ? m->initial & ~1u : m->initial;
    m->counting = m->armed = true;
    m->loading = m->trigger = m->null_count = false;
}

static void model_decrement(struct model *m)
{
    m->element = m->element == 0 ? modulus(m) - 1 : m->element - 1;
}

static void model_pulse_mode_2(struct model *m)
{
    if (m->element == 1)
        model_load(m);
    else
        m->element--;
    m->out = m->element != 1 || m->initial == 1;
}

static void model_pulse_mode_3(struct model *m)
{
    bool odd = (m->initial & 1) != 0;
    /* A count of 1 is illegal; ours leaves OUT high. */
    bool was_1 = m->initial == 1;

    if (m->element == 0 || (m->element == 2 && !(odd && m->out))) {
        model_load(m);
        m->out = !m->out || was_1 || m->initial == 1;
    } else {
        m->element -= 2;
    }
}

static void model_pulse_strobe(struct model *m, bool counts)
{
    m->out = true;
    if (!counts)
        return;
    model_decrement(m);
    if (m->element == 0 && m->armed)
        m->armed = m->out = false;
}

static void model_pulse(struct model *m)
{
    bool by_level = m->mode != 1 && m->mode != 5;
    bool counts = m->counting && (m->gate || !by_level);

    if (m->loading || m->trigger) {
        model_load(m);
        m->out = m->mode >= 2;
        return;
    }
    if (m->mode >= 4) {
        model_pulse_strobe(m, counts);
        return;
    }
    if (!counts)
        return;
    if (m->mode == 2) {
        model_pulse_mode_2(m);
    } else if (m->mode == 3) {
        model_pulse_mode_3(m);
    } else {
        model_decrement(m);
        m->out |= m->element == 0;
    }
}

struct pair {
    struct pit_counter counter;
    struct model model;
    uint64_t tick;
    uint64_t seed;
};

static unsigned roll(struct pair *pair, unsigned sides)
{
    pair->seed = pair->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(pair->seed >> 33) % sides;
}

static void write_control(struct pair *pair, unsigned mode, bool bcd, bool two_bytes)
{
    unsigned rw = two_bytes ? PIT_CONTROL_RW_BOTH : PIT_CONTROL_RW_LSB;

    model_control(&pair->model, mode >= 6 ? mode - 4 : mode, bcd);
    pit_counter_write_control(&pair->counter, pair->tick,
                              (uint8_t)(rw | PIT_CONTROL_MODE(mode) | (bcd ? 1 : 0)));
}

static void write_count(struct pair *pair, uint32_t clocks)
{
    uint16_t count = coded(&pair->model, clocks);

    if ((pair->counter.control & PIT_CONTROL_RW_MASK) == PIT_CONTROL_RW_BOTH) {
        model_first_byte(&pair->model);
        pit_counter_write_count(&pair->counter, pair->tick, (uint8_t)count);
        count >>= 8;
    }
    model_count_written(&pair->model, clocks);
    pit_counter_write_count(&pair->counter, pair->tick, (uint8_t)count);
}

static void random_access(struct pair *pair)
{
    bool two_bytes = (pair->counter.control & PIT_CONTROL_RW_MASK) == PIT_CONTROL_RW_BOTH;
    bool gate = roll(pair, 2) != 0;

    switch (roll(pair, 8)) {
    case 0:
        write_control(pair, roll(pair, 8), roll(pair, 4) == 0, roll(pair, 2) != 0);
        break;
    case 1:
        if (two_bytes && roll(pair, 8) == 0)
            write_count(pair, modulus(&pair->model) - roll(pair, 3));
        else
            write_count(pair, 1 + roll(pair, 9));
        break;
    case 2:
    case 3:
        write_count(pair, 1 + roll(pair, 9));
        break;
    default:
        model_gate(&pair->model, gate);
        pit_counter_set_gate(&pair->counter, pair->tick, gate);
        break;
    }
}

static void check(const struct pair *pair)
{
    const struct pit_counter settled = pit_counter_at(&pair->counter, pair->tick);

    assert_int_equal(pit_counter_out(&pair->counter, pair->tick), pair->model.out);
    assert_int_equal(pit_counter_count(&pair->counter, pair->tick), model_count(&pair->model));
    assert_int_equal(settled.null_count, pair->model.null_count);
}

static void pulse(struct pair *pair)
{
    bool was_high = pair->model.out;

    model_pulse(&pair->model);
    if (pair->model.gate) {
        bool rises = !was_high && pair->model.out;
        uint64_t next = pit_counter_next_rise(&pair->counter, pair->tick);

        assert_int_equal(next == pair->tick + 1, rises);
        assert_int_equal(pit_counter_rises(&pair->counter, pair->tick, pair->tick + 1), rises);
    }
    pair->tick++;
    check(pair);
}

static void pair_init(struct pair *pair, uint64_t seed)
{
    *pair = (struct pair){.tick = 100, .seed = seed};
    pit_counter_init(&pair->counter, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(3), true);
    pair->model.gate = true;
    model_control(&pair->model, 3, false);
}

static void out_count_and_null_count_are_those_of_the_data_sheet_at_every_pulse(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct pair pair;

        pair_init(&pair, seed);
        for (unsigned step = 0; step < 20000; step++) {
            while (roll(&pair, 4) == 0) {
                random_access(&pair);
                check(&pair);
            }
            pulse(&pair);
        }
    }
}

static void a_largest_count_takes_65536_or_10000_pulses_in_every_mode(void **unused)
{
    (void)unused;
    for (unsigned mode = 0; mode < 6; mode++) {
        struct pair pair;

        pair_init(&pair, 1);
        write_control(&pair, mode, mode % 2 != 0, true);
        write_count(&pair, modulus(&pair.model));
        model_gate(&pair.model, false);
        pit_counter_set_gate(&pair.counter, pair.tick, false);
        model_gate(&pair.model, true);
        pit_counter_set_gate(&pair.counter, pair.tick, true);
        for (unsigned i = 0; i < 140000; i++)
            pulse(&pair);
    }
}

/* A counter in a mode, its count written at tick 0, its trigger given if the mode wants one. */
static struct pit_counter started(unsigned mode, uint16_t count)
{
    struct pit_counter c;

    pit_counter_init(&c, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(mode), false);
    pit_counter_write_count(&c, 0, (uint8_t)count);
    pit_counter_write_count(&c, 0, (uint8_t)(count >> 8));
    pit_counter_set_gate(&c, 0, true);
    return c;
}

static void edges_are_found_and_counted_over_any_distance_without_a_loop(void **unused)
{
    uint64_t far = UINT64_C(1) << 60;
    struct pit_counter once = started(0, 1000);
    struct pit_counter rate = started(2, 2);
    struct pit_counter wave = started(3, 5);

    (void)unused;
    assert_int_equal(pit_counter_next_rise(&once, 0), 1001);
    assert_int_equal(pit_counter_rises(&once, 0, far), 1);
    assert_true(pit_counter_next_rise(&once, 1001) == PIT_NEVER_TICK);
    assert_int_equal(pit_counter_rises(&rate, 0, far), (far - 1) / 2);
    assert_int_equal(pit_counter_next_rise(&rate, far), far + 1);
    assert_int_equal(pit_counter_rises(&wave, 0, far), (far - 1) / 5);
    assert_true(pit_counter_next_rise(&wave, far) - far <= 5);
}

static void a_count_written_while_counting_changes_edges_from_the_next_period_on(void **unused)
{
    struct pit_counter c = started(2, 10);

    (void)unused;
    pit_counter_write_count(&c, 3, 4);
    pit_counter_write_count(&c, 3, 0);
    assert_int_equal(pit_counter_next_rise(&c, 3), 11);
    assert_int_equal(pit_counter_next_rise(&c, 11), 15);
    assert_int_equal(pit_counter_rises(&c, 3, 11), 1);
    assert_int_equal(pit_counter_rises(&c, 3, 23), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_count_and_null_count_are_those_of_the_data_sheet_at_every_pulse),
        cmocka_unit_test(a_largest_count_takes_65536_or_10000_pulses_in_every_mode),
        cmocka_unit_test(edges_are_found_and_counted_over_any_distance_without_a_loop),
        cmocka_unit_test(a_count_written_while_counting_changes_edges_from_the_next_period_on),
    };

    return cmocka_run_group_tests_name("pit_counter", tests, NULL, NULL);
}
