/* SPDX-License-Identifier: BSD-2-Clause */
/* Bus: which device answers, with which register, and that due timers run first. */
#include "tests/unit/unit.h"

#include "devices/bus.h"

struct probe {
    struct device dev;
    uint64_t now_ns;
    uint32_t reg;
    unsigned size_bytes;
    uint64_t value;
    unsigned read_count;
    unsigned write_count;
    unsigned reset_count;
    /* Timers that had fired when the device was last read. */
    unsigned fired_at_read;
    unsigned fired_count;
    struct timer timer;
};

static uint64_t probe_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct probe *probe = (struct probe *)dev;

    probe->now_ns = now_ns;
    probe->reg = reg;
    probe->size_bytes = size_bytes;
    probe->read_count++;
    probe->fired_at_read = probe->fired_count;
    return 0xabcd;
}

static void probe_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                        uint64_t value)
{
    struct probe *probe = (struct probe *)dev;

    probe->now_ns = now_ns;
    probe->reg = reg;
    probe->size_bytes = size_bytes;
    probe->value = value;
    probe->write_count++;
}

static void probe_reset(struct device *dev, uint64_t now_ns)
{
    struct probe *probe = (struct probe *)dev;

    probe->now_ns = now_ns;
    probe->reset_count++;
}

static void probe_fire(void *ctx, uint64_t deadline_ns)
{
    struct probe *probe = ctx;

    (void)deadline_ns;
    probe->fired_count++;
}

static void probe_init(struct probe *probe)
{
    static const struct device_ops ops = {
        .name = "probe", .read = probe_read, .write = probe_write, .reset = probe_reset};

    *probe = (struct probe){.dev = {&ops}};
    timer_init(&probe->timer, 0, probe_fire, probe);
}

struct rig {
    struct timerq timers;
    struct bus bus;
    struct probe a;
    struct probe b;
};

/* Device a at 40h to 43h and, from register 4, at 61h; device b right behind, at 44h to 47h. */
static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    probe_init(&rig->a);
    probe_init(&rig->b);
    bus_attach(&rig->bus, (struct bus_range){0x40, 4, &rig->a.dev, 0});
    bus_attach(&rig->bus, (struct bus_range){0x44, 4, &rig->b.dev, 0});
    bus_attach(&rig->bus, (struct bus_range){0x61, 1, &rig->a.dev, 4});
}

static void an_access_reaches_the_device_of_its_range_with_the_register_offset(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(bus_read(&rig.bus, 7, 0x43, 1), 0xabcd);
    assert_int_equal(rig.a.reg, 3);
    assert_int_equal(rig.a.now_ns, 7);
    bus_write(&rig.bus, 8, 0x45, 2, 0x1234);
    assert_int_equal(rig.b.reg, 1);
    assert_int_equal(rig.b.size_bytes, 2);
    assert_int_equal(rig.b.value, 0x1234);
    assert_int_equal(rig.a.write_count, 0);
}

static void a_chip_with_scattered_ports_sees_one_register_space(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, 0x61, 1, 3);
    assert_int_equal(rig.a.reg, 4);
}

static void an_access_belongs_to_the_range_of_its_first_byte(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_read(&rig.bus, 0, 0x43, 4);
    assert_int_equal(rig.a.read_count, 1);
    assert_int_equal(rig.a.size_bytes, 4);
    assert_int_equal(rig.b.read_count, 0);
}

static void what_nobody_claims_reads_as_ones_and_is_counted(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_true(bus_read(&rig.bus, 0, 0x3f, 1) == UINT64_MAX);
    assert_true(bus_read(&rig.bus, 0, 0x62, 4) == UINT64_MAX);
    bus_write(&rig.bus, 0, UINT64_MAX, 8, 1);
    assert_int_equal(rig.bus.unclaimed_count, 3);
    assert_true(rig.bus.unclaimed_last_addr == UINT64_MAX);
    assert_int_equal(rig.a.read_count + rig.b.read_count + rig.b.write_count, 0);
}

static void timers_that_are_due_run_before_the_access(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    timerq_arm(&rig.timers, &rig.a.timer, 10);
    bus_read(&rig.bus, 9, 0x40, 1);
    assert_int_equal(rig.a.fired_at_read, 0);
    bus_read(&rig.bus, 10, 0x40, 1);
    assert_int_equal(rig.a.fired_at_read, 1);
}

static bool attaches(struct rig *rig, uint64_t base, uint64_t length_bytes)
{
    const struct bus before = rig->bus;
    bool attached = bus_attach(&rig->bus, (struct bus_range){base, length_bytes, &rig->b.dev, 0});

    if (!attached)
        assert_memory_equal(&rig->bus, &before, sizeof before);
    rig->bus = before;
    return attached;
}

static void a_range_that_shares_an_address_with_another_is_refused_wherever_it_lies(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_false(attaches(&rig, 0x60, 2));
    assert_false(attaches(&rig, 0x61, 1));
    assert_false(attaches(&rig, 0x61, 8));
    assert_false(attaches(&rig, 0x60, 3));
    assert_false(attaches(&rig, 0, 0x1000));
    assert_false(attaches(&rig, 0, UINT64_MAX));
    assert_true(attaches(&rig, 0x60, 1));
    assert_true(attaches(&rig, 0x62, 1));
}

static void a_range_that_is_empty_or_passes_the_last_address_is_refused(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_false(attaches(&rig, 0x100, 0));
    assert_false(attaches(&rig, UINT64_MAX, 2));
    assert_true(attaches(&rig, UINT64_MAX, 1));
    assert_true(attaches(&rig, UINT64_MAX - 7, 8));
}

static void a_bus_that_is_full_refuses_one_more_range(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    while (rig.bus.range_count < BUS_MAX_RANGES)
        assert_true(bus_attach(&rig.bus,
                               (struct bus_range){0x1000 + rig.bus.range_count, 1, &rig.a.dev, 0}));
    assert_false(attaches(&rig, 0x2000, 1));
}

static bool probe_read_msr(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                           uint64_t *value)
{
    struct probe *probe = (struct probe *)dev;

    probe->now_ns = now_ns;
    probe->fired_at_read = probe->fired_count;
    *value = (uint64_t)msr << 32 | vcpu;
    return vcpu != 9;
}

static bool probe_write_msr(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                            uint64_t value)
{
    struct probe *probe = (struct probe *)dev;

    (void)msr;
    probe->now_ns = now_ns;
    probe->value = value;
    return vcpu != 9;
}

static void an_msr_is_that_of_a_vcpu_and_may_refuse(void **unused)
{
    static const struct device_ops ops = {
        .name = "probe", .read_msr = probe_read_msr, .write_msr = probe_write_msr};
    struct access access = {.space = ACCESS_MSR, .vcpu = 3, .addr = 0x4b564d01};
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    rig.a.dev.ops = &ops;
    assert_true(bus_attach(&rig.bus, (struct bus_range){0x4b564d00, 2, &rig.a.dev, 0}));
    timerq_arm(&rig.timers, &rig.a.timer, 10);
    assert_true(bus_access(&rig.bus, 10, &access));
    assert_int_equal(access.value, UINT64_C(0x4b564d0100000003));
    assert_int_equal(rig.a.fired_at_read, 1);
    access.is_write = true;
    assert_true(bus_access(&rig.bus, 12, &access));
    assert_int_equal(rig.a.value, UINT64_C(0x4b564d0100000003));
    assert_int_equal(rig.a.now_ns, 12);
    access.vcpu = 9;
    assert_false(bus_access(&rig.bus, 13, &access));
    access.is_write = false;
    assert_false(bus_access(&rig.bus, 13, &access));
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The register of the first range that has the address, in whatever order they are. */
static bool search(const struct bus *bus, uint64_t addr, uint32_t *reg)
{
    for (unsigned i = 0; i < bus->range_count; i++)
        if (addr - bus->ranges[i].base < bus->ranges[i].length_bytes) {
            *reg = bus->ranges[i].first_reg + (uint32_t)(addr - bus->ranges[i].base);
            return true;
        }
    return false;
}

/* Attached in any order, looked up in any order, some of them next to each other. */
static void the_range_that_is_found_is_the_one_that_has_the_address(void **unused)
{
    uint64_t random = 88172645463325252;

    (void)unused;
    for (unsigned round = 0; round < 300; round++) {
        struct rig rig;
        uint32_t first_reg = 0;

        rig_init(&rig);
        bus_init(&rig.bus, &rig.timers);
        for (unsigned i = 0; i < round; i++)
            if (bus_attach(&rig.bus,
                           (struct bus_range){next_random(&random) % 256,
                                              1 + next_random(&random) % 8, &rig.a.dev, first_reg}))
                first_reg += 1000;
        for (unsigned i = 0; i < 600; i++) {
            uint64_t addr = next_random(&random) % 270;
            unsigned reads = rig.a.read_count;
            uint32_t reg;

            bus_read(&rig.bus, 0, addr, 1);
            if (search(&rig.bus, addr, &reg))
                assert_true(rig.a.read_count == reads + 1 && rig.a.reg == reg);
            else
                assert_int_equal(rig.a.read_count, reads);
        }
    }
}

static bool register_2_is_timeless(const struct device *dev, bool is_write, uint32_t reg,
                                   unsigned size_bytes)
{
    (void)dev;
    (void)is_write;
    return reg == 2 && size_bytes == 1;
}

static bool pass_timeless(struct rig *rig, bool is_write, uint64_t addr, uint64_t *value)
{
    struct access access = {ACCESS_PORT, is_write, 1, 0, addr, *value};
    bool done = bus_access_timeless(&rig->bus, 100, &access);

    *value = access.value;
    return done;
}

static void an_access_that_has_nothing_to_do_with_time_is_made_without(void **unused)
{
    static const struct device_ops ops = {.name = "probe",
                                          .read = probe_read,
                                          .write = probe_write,
                                          .is_timeless = register_2_is_timeless};
    uint64_t value = 7;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    rig.a.dev.ops = &ops;
    timerq_arm(&rig.timers, &rig.a.timer, 50);
    assert_true(pass_timeless(&rig, false, 0x42, &value));
    assert_int_equal(value, 0xabcd);
    value = 9;
    assert_true(pass_timeless(&rig, true, 0x42, &value));
    assert_int_equal(rig.a.value, 9);
    assert_int_equal(rig.a.now_ns, 100);
    assert_int_equal(rig.a.fired_count, 0);
    assert_false(pass_timeless(&rig, true, 0x41, &value));
    assert_false(pass_timeless(&rig, false, 0x41, &value));
    assert_false(pass_timeless(&rig, false, 0x44, &value));
    assert_int_equal(rig.a.read_count + rig.a.write_count, 2);
    assert_int_equal(rig.b.read_count, 0);
    assert_int_equal(rig.bus.unclaimed_count, 0);
}

static void so_is_one_that_nobody_answers(void **unused)
{
    uint64_t value = 7;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_true(pass_timeless(&rig, true, 0x62, &value));
    assert_true(pass_timeless(&rig, false, 0x63, &value));
    assert_true(value == UINT64_MAX);
    assert_int_equal(rig.bus.unclaimed_count, 2);
    assert_int_equal(rig.bus.unclaimed_last_addr, 0x63);
}

static void an_msr_that_nobody_answers_is_refused(void **unused)
{
    static const struct device_ops ops = {.name = "probe", .write_msr = probe_write_msr};
    struct access access = {.space = ACCESS_MSR, .addr = 0x11};
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    rig.a.dev.ops = &ops;
    assert_true(bus_attach(&rig.bus, (struct bus_range){0x10, 1, &rig.a.dev, 0}));
    assert_true(bus_attach(&rig.bus, (struct bus_range){0x12, 1, NULL, 0}));
    assert_false(bus_access(&rig.bus, 0, &access));
    assert_int_equal(rig.bus.unclaimed_count, 1);
    access.addr = 0x10;
    assert_false(bus_access(&rig.bus, 0, &access));
    access.addr = 0x12;
    assert_false(bus_access(&rig.bus, 0, &access));
    assert_int_equal(rig.bus.unclaimed_count, 1);
    bus_reset(
        &(struct bus){.timers = &rig.timers, .ranges = {{0x12, 1, NULL, 0}}, .range_count = 1}, 0);
}

static void reset_reaches_each_device_once(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_reset(&rig.bus, 5);
    assert_int_equal(rig.a.reset_count, 1);
    assert_int_equal(rig.b.reset_count, 1);
    assert_int_equal(rig.a.now_ns, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_reaches_the_device_of_its_range_with_the_register_offset),
        cmocka_unit_test(a_chip_with_scattered_ports_sees_one_register_space),
        cmocka_unit_test(an_access_belongs_to_the_range_of_its_first_byte),
        cmocka_unit_test(what_nobody_claims_reads_as_ones_and_is_counted),
        cmocka_unit_test(timers_that_are_due_run_before_the_access),
        cmocka_unit_test(a_range_that_shares_an_address_with_another_is_refused_wherever_it_lies),
        cmocka_unit_test(a_range_that_is_empty_or_passes_the_last_address_is_refused),
        cmocka_unit_test(a_bus_that_is_full_refuses_one_more_range),
        cmocka_unit_test(an_msr_is_that_of_a_vcpu_and_may_refuse),
        cmocka_unit_test(an_msr_that_nobody_answers_is_refused),
        cmocka_unit_test(the_range_that_is_found_is_the_one_that_has_the_address),
        cmocka_unit_test(an_access_that_has_nothing_to_do_with_time_is_made_without),
        cmocka_unit_test(so_is_one_that_nobody_answers),
        cmocka_unit_test(reset_reaches_each_device_once),
    };

    return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
