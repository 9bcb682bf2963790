/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that make up a machine, as a text for people: the result of a check says by it which
 * machine was checked.
 */
#ifndef VMM_CMD_OPTIONS_MACHINE_H
#define VMM_CMD_OPTIONS_MACHINE_H

#include "base/text.h"
#include "vmm/cmd/options.h"

/*
 * Adds the number of vCPUs and who publishes kvm-clock, and every other option that makes the
 * machine or its command line differ from the default one. Parsed again, it gives the same machine,
 * if no file's name and no words for the kernel have a quote in them.
 */
void options_add_machine(const struct options *options, struct text *text);

#endif
