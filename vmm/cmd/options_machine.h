/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that make up a machine, as a text for people and shells: the result of a check says
 * by it which machine was checked.
 */
#ifndef VMM_CMD_OPTIONS_MACHINE_H
#define VMM_CMD_OPTIONS_MACHINE_H

#include "base/text.h"
#include "vmm/cmd/options.h"

/*
 * Adds the number of vCPUs and who publishes kvm-clock, and every other option that makes the
 * machine or its command line differ from the default one. A shell takes the text apart into words
 * that, parsed again, give the same machine.
 */
void options_add_machine(const struct options *options, struct text *text);

#endif
