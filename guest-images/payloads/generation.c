/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMGenID, in a guest that is saved when it says "# ready" and then restored: see
 * tests/guest/move.sh. It has another ID there, and one interrupt of the Generic Event Device. Each
 * ID is printed behind "# id".
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"

#define ID_GPA        0xfeffa000
#define NOTICE_PIN    16
#define NOTICE_VECTOR 0x3a

static volatile uint32_t notices;

static void on_notice(void)
{
    notices++;
    apic_acknowledge();
}

static volatile uint64_t *id_at(unsigned half)
{
    return (volatile uint64_t *)(uintptr_t)ID_GPA + half;
}

static void print_id(void)
{
    print("# id ");
    print_hex(*id_at(0));
    print(" ");
    print_hex(*id_at(1));
    print("\n");
}

void payload_main(const uint8_t *zero_page)
{
    uint64_t first[2] = {*id_at(0), *id_at(1)};

    (void)zero_page;
    pic_init();
    apic_enable();
    ioapic_enable(NOTICE_PIN, false, NOTICE_VECTOR, on_notice);
    check("there is an ID", (first[0] | first[1]) != 0);
    *id_at(0) = ~first[0];
    check_equal("it cannot be written", *id_at(0), first[0]);
    check("a machine that is not restored is told nothing",
          !wait_for_count(&notices, 1, NS_PER_MS));
    print_id();
    print("# ready\n");
    check("a restored one is told", wait_for_count(&notices, 1, 20 * NS_PER_SEC));
    print_id();
    check("it has another ID", *id_at(0) != first[0] && *id_at(1) != first[1]);
    check("and was told once", !wait_for_count(&notices, 2, 10 * NS_PER_MS));
    check_done();
}
