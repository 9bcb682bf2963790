/* SPDX-License-Identifier: BSD-2-Clause */
/* What --no-hpet, --no-pmtimer and --no-reference leave out is not there. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define HPET_GPA 0xfed00000
#define PM1_CNT  0x604
#define PM_TMR   0x608

#define REFERENCE_PORT 0x5c0

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    check_equal("no HPET", *(volatile uint32_t *)HPET_GPA, UINT32_MAX);
    check_equal("no PM timer", in32(PM_TMR), UINT32_MAX);
    check_equal("no reference device", in32(REFERENCE_PORT), UINT32_MAX);
    check_equal("but PM1_CNT", in16(PM1_CNT), 1);
    check_done();
}
