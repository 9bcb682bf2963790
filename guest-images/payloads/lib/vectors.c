/* SPDX-License-Identifier: BSD-2-Clause */
/* The C half of entry64.S. */
#include <stddef.h>

#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/payload64.h"

#define FIRST_INTERRUPT     0x20
#define STUB_BYTES          16
#define INTERRUPT_GATE      0x8e
#define CMD_LINE_PTR_OFFSET 0x228

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t zero;
};

/* On the stack, as vector_common leaves it. */
struct vector_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

extern const uint8_t vector_stubs[];
/* Where an expected exception goes on; 0 while none is expected. */
uint64_t vector_resume_rip;
void vector_enter(struct vector_frame *frame);

static struct gate gates[VECTOR_COUNT];
static void (*handlers[VECTOR_COUNT])(void);

void vectors_load(void)
{
    struct table_pointer pointer = {sizeof gates - 1, (uintptr_t)gates};
    uint16_t code_selector;

    __asm__ volatile("movw %%cs, %0" : "=r"(code_selector));
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        uint64_t stub = (uintptr_t)vector_stubs + STUB_BYTES * i;

        gates[i] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = code_selector,
            .type = INTERRUPT_GATE,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void vector_set(unsigned vector, void (*handler)(void))
{
    handlers[vector] = handler;
}

static void take_exception(struct vector_frame *frame)
{
    if (vector_resume_rip != 0) {
        frame->rip = vector_resume_rip;
        frame->rax = frame->vector;
        vector_resume_rip = 0;
        return;
    }
    print("not ok exception: vector ");
    print_hex(frame->vector);
    print(" error code ");
    print_hex(frame->error_code);
    print(" at RIP ");
    print_hex(frame->rip);
    print("\n");
    payload_end(PAYLOAD_EXCEPTION);
}

void vector_enter(struct vector_frame *frame)
{
    if (frame->vector >= FIRST_INTERRUPT && handlers[frame->vector] != NULL)
        handlers[frame->vector]();
    else
        take_exception(frame);
}

const char *payload_command_line(const uint8_t *zero_page)
{
    return (const char *)(uintptr_t) * (const uint32_t *)(zero_page + CMD_LINE_PTR_OFFSET);
}
