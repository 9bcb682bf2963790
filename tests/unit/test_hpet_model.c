/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HPET against a model that counts tick by tick: random programs, near the wraps of 32 and 64 bits,
 * read the same registers and get the same edges.
 */
#include "tests/unit/hpet_rig.h"

#define PROGRAMS          60
#define STEPS_PER_PROGRAM 2000
#define MODEL_TIMERS      HPET_DEFAULT_TIMERS

struct model_timer {
    uint64_t comparator;
    uint64_t period;
    uint32_t config;
};

struct model {
    uint64_t now_ns;
    uint64_t start_ns;
    uint64_t counter;
    uint32_t config;
    uint32_t int_status;
    struct model_timer timers[MODEL_TIMERS];
    unsigned edge_count[COUNTER_COUNT];
};

/* Numbers that look random and are the same in each run. */
static uint32_t pick(uint64_t *seed, uint32_t choices)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % choices;
}

static uint64_t model_width(const struct model_timer *timer)
{
    return (timer->config & HPET_TIMER_32MODE) != 0 ? UINT32_MAX : UINT64_MAX;
}

/* What timer n's edges are counted as, or COUNTER_COUNT; its line in level mode. */
static unsigned model_line(const struct model *model, unsigned n)
{
    unsigned route = (model->timers[n].config & HPET_TIMER_ROUTE_MASK) >> HPET_TIMER_ROUTE_SHIFT;

    if ((model->timers[n].config & HPET_TIMER_FSB_EN) != 0)
        return (model->timers[n].config & HPET_TIMER_LEVEL) != 0 ? COUNTER_COUNT : MESSAGES;
    if (model->config == LEGACY && n < 2)
        return n == 0 ? LINE_IRQ0 : LINE_IRQ8;
    return route >= 20 && route <= 23 ? LINE_GSI20 + route - 20 : COUNTER_COUNT;
}

static void model_match(struct model *model, unsigned n)
{
    struct model_timer *timer = &model->timers[n];

    if ((timer->config & HPET_TIMER_LEVEL) != 0)
        model->int_status |= 1u << n;
    else if ((timer->config & HPET_TIMER_INT_ENB) != 0 && model_line(model, n) < COUNTER_COUNT)
        model->edge_count[model_line(model, n)]++;
    if ((timer->config & HPET_TIMER_PERIODIC) != 0)
        timer->comparator = (timer->comparator + timer->period) & model_width(timer);
}

static void model_run(struct model *model, uint64_t until_ns)
{
    while (model->now_ns < until_ns) {
        model->now_ns++;
        if ((model->config & ENABLE) == 0 || (model->now_ns - model->start_ns) % TICK_NS != 0)
            continue;
        model->counter++;
        for (unsigned n = 0; n < MODEL_TIMERS; n++)
            if (((model->counter ^ model->timers[n].comparator) & model_width(&model->timers[n])) ==
                0)
                model_match(model, n);
    }
}

static void model_write_timer_config(struct model *model, unsigned n, uint32_t value)
{
    struct model_timer *timer = &model->timers[n];
    uint32_t route = value & HPET_TIMER_ROUTE_MASK;

    if (route < GSI(20) || route > GSI(23))
        route = timer->config & HPET_TIMER_ROUTE_MASK;
    timer->config = route | (value & (HPET_TIMER_LEVEL | HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC |
                                      HPET_TIMER_VAL_SET | HPET_TIMER_32MODE | HPET_TIMER_FSB_EN));
    if ((value & HPET_TIMER_LEVEL) == 0)
        model->int_status &= ~(1u << n);
    timer->comparator &= model_width(timer);
    timer->period &= model_width(timer);
}

static void model_write_comparator(struct model_timer *timer, uint64_t value)
{
    timer->period = value & model_width(timer);
    if ((timer->config & PERIODIC) != HPET_TIMER_PERIODIC)
        timer->comparator = value & model_width(timer);
    timer->config &= ~HPET_TIMER_VAL_SET;
}

static void model_write_config(struct model *model, uint32_t value)
{
    if ((model->config & ENABLE) == 0)
        model->start_ns = model->now_ns;
    model->config = value;
}

/* One random write to device and model. */
static void write_both(struct rig *rig, struct model *model, uint64_t *seed, uint32_t config_mask)
{
    unsigned n = pick(seed, MODEL_TIMERS);
    uint64_t soon = model->counter + pick(seed, 400) - 60;
    uint64_t value;

    switch (pick(seed, 8)) {
    case 0:
        value = pick(seed, 8) != 0 ? ENABLE | pick(seed, 4) : pick(seed, 4);
        wr(rig, model->now_ns, HPET_REG_CONFIG, value);
        model_write_config(model, (uint32_t)value);
        break;
    case 1:
        value = pick(seed, 8);
        wr(rig, model->now_ns, HPET_REG_INT_STATUS, value);
        model->int_status &= ~(uint32_t)value;
        break;
    case 2:
        wr(rig, model->now_ns, HPET_REG_COUNTER, soon);
        if ((model->config & ENABLE) == 0)
            model->counter = soon;
        break;
    case 3:
    case 4:
        value =
            (pick(seed, 0x200) & config_mask) | GSI(pick(seed, 4) != 0 ? 20 + n : pick(seed, 32));
        value |= pick(seed, 4) == 0 ? HPET_TIMER_FSB_EN : 0;
        wr(rig, model->now_ns, HPET_REG_TIMER_CONFIG(n), value);
        model_write_timer_config(model, n, (uint32_t)value);
        break;
    default:
        value = pick(seed, 2) != 0 ? soon : pick(seed, 200);
        wr(rig, model->now_ns, HPET_REG_TIMER_COMPARATOR(n), value);
        model_write_comparator(&model->timers[n], value);
        break;
    }
}

static void compare_registers(struct rig *rig, const struct model *model)
{
    assert_int_equal(rd(rig, model->now_ns, HPET_REG_COUNTER), model->counter);
    assert_int_equal(rd(rig, model->now_ns, HPET_REG_CONFIG), model->config);
    assert_int_equal(rd(rig, model->now_ns, HPET_REG_INT_STATUS), model->int_status);
    for (unsigned n = 0; n < MODEL_TIMERS; n++) {
        assert_int_equal((uint32_t)rd(rig, model->now_ns, HPET_REG_TIMER_CONFIG(n)),
                         (model->timers[n].config & ~HPET_TIMER_VAL_SET) | HPET_TIMER_PERIODIC_CAP |
                             HPET_TIMER_SIZE_CAP | HPET_TIMER_FSB_CAP);
        assert_int_equal(rd(rig, model->now_ns, HPET_REG_TIMER_COMPARATOR(n)),
                         model->timers[n].comparator);
    }
}

static void compare_lines(const struct rig *rig, const struct model *model)
{
    for (unsigned line = 0; line < LINE_COUNT; line++) {
        bool held = false;

        for (unsigned n = 0; n < MODEL_TIMERS; n++)
            held |= (model->int_status & 1u << n) != 0 && (model->config & ENABLE) != 0 &&
                    (model->timers[n].config & HPET_TIMER_INT_ENB) != 0 &&
                    model_line(model, n) == line;
        assert_int_equal(rig->lines[line].level, held);
    }
}

/* A random program from a counter value; config_mask says which timer configurations it uses. */
static void run_program(struct rig *rig, struct model *model, uint64_t seed, uint32_t config_mask,
                        bool on_time)
{
    static const uint64_t starts[] = {0, UINT32_MAX - 500, UINT64_MAX - 500};

    *model = (struct model){.counter = starts[seed % 3]};
    rig_init(rig, 0);
    wr(rig, 0, HPET_REG_COUNTER, model->counter);
    for (unsigned n = 0; n < MODEL_TIMERS; n++) {
        model->timers[n].comparator = UINT64_MAX;
        wr(rig, 0, HPET_REG_TIMER_FSB(n), MESSAGE_ROUTE);
    }
    for (unsigned step = 0; step < STEPS_PER_PROGRAM; step++) {
        model_run(model, model->now_ns + pick(&seed, pick(&seed, 10) != 0 ? 200 : 5000));
        if (on_time)
            run_on_time(rig, model->now_ns);
        if (pick(&seed, 2) != 0)
            compare_registers(rig, model);
        else
            write_both(rig, model, &seed, config_mask);
        compare_lines(rig, model);
    }
}

static void any_program_reads_what_a_tick_by_tick_model_reads(void **unused)
{
    struct model model;
    struct rig rig;

    (void)unused;
    for (unsigned seed = 0; seed < PROGRAMS; seed++)
        run_program(&rig, &model, seed, UINT32_MAX, seed % 2 != 0);
}

static void a_host_on_time_delivers_each_edge_and_a_late_one_counts_those_it_missed(void **unused)
{
    unsigned edges = 0, rises = 0;
    uint64_t missed = 0;
    struct model model;
    struct rig rig;

    (void)unused;
    for (unsigned seed = 0; seed < PROGRAMS; seed++) {
        bool on_time = seed % 2 != 0;

        run_program(&rig, &model, seed, ~HPET_TIMER_LEVEL, on_time);
        timerq_run(&rig.timers, model.now_ns);
        missed += hpet_lost_ticks(&rig.hpet).dropped;
        for (unsigned line = 0; line < COUNTER_COUNT; line++) {
            edges += model.edge_count[line];
            rises += rig.rise_count[line];
            if (on_time)
                assert_int_equal(rig.rise_count[line], model.edge_count[line]);
        }
    }
    assert_true(missed > 0);
    assert_int_equal(edges, rises + missed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_program_reads_what_a_tick_by_tick_model_reads),
        cmocka_unit_test(a_host_on_time_delivers_each_edge_and_a_late_one_counts_those_it_missed),
    };

    return cmocka_run_group_tests_name("hpet_model", tests, NULL, NULL);
}
