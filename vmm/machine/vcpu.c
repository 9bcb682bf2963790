/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu.h. */
#include "vmm/machine/vcpu.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#define KICK_SIGNAL SIGRTMIN

static pid_t process_id;

/* By tgkill, which is one call where pthread_kill makes four. A thread that does not run yet has no
 * need of it: it will read immediate_exit. */
void vcpu_kick(struct vcpu *vcpu)
{
    int id;

    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    id = atomic_load(&vcpu->thread_id);
    if (vcpu->thread_started && id != 0)
        tgkill(process_id, id, KICK_SIGNAL);
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

    process_id = getpid();
    sigaction(KICK_SIGNAL, &action, NULL);
}
