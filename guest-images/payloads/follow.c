/*
 * Guest time runs as the host's clock does that it is to follow: follow=raw or follow=monotonic on
 * the command line. Where NTP corrects the host's CLOCK_MONOTONIC only one of the two fits.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

/* Far more than it takes to find the rate. */
#define STEP_NS (500 * NS_PER_MS)
#define STEPS   4

static uint64_t raw_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_raw_ns;
}

static uint64_t monotonic_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_ns;
}

void payload_main(const uint8_t *zero_page)
{
    const char *clock = text_find_value(payload_command_line(zero_page), "follow");
    uint64_t (*read)(void) = clock != NULL && clock[0] == 'm' ? monotonic_ns : raw_ns;
    const struct tick_rate same = {1, 1, 0};
    struct sample first, last;

    wait_until_ns(STEP_NS);
    first = sample_take(read, guest_ns);
    for (unsigned i = 0; i < STEPS; i++) {
        wait_until_ns(guest_ns() + STEP_NS);
        last = sample_take(read, guest_ns);
        check_elapsed("guest time runs as the host's clock", first, last, same);
    }
    check_done();
}
