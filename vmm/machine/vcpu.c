/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu.h. */
#include "vmm/machine/vcpu.h"

#include <sched.h>
#include <signal.h>

#define KICK_SIGNAL SIGRTMIN

void vcpu_kick(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (vcpu->thread_started)
        pthread_kill(vcpu->thread, KICK_SIGNAL);
}

void vcpu_clear_kick(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}

int vcpu_thread_id(const struct vcpu *vcpu)
{
    int id;

    while ((id = atomic_load(&vcpu->thread_id)) == 0 && vcpu->thread_started)
        sched_yield();
    return id;
}

static void on_kick(int signal_number)
{
    (void)signal_number;
}

void vcpu_prepare_kick_signal(void)
{
    struct sigaction action = {.sa_handler = on_kick};

    sigaction(KICK_SIGNAL, &action, NULL);
}
