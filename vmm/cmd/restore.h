/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm restore`: a machine from the file of a snapshot. */
#ifndef VMM_CMD_RESTORE_H
#define VMM_CMD_RESTORE_H

#include "vmm/host/snapshot_file.h"
#include "vmm/machine/machine_image.h"

struct clock_bracket;
struct machine;
struct options;

/* What a restored machine needs for as long as it is there. RESTORE_SOURCE_NONE: nothing yet. */
struct restore_source {
    struct snapshot_file file;
    struct machine_image image;
};

#define RESTORE_SOURCE_NONE ((struct restore_source){.file.fd = -1})

/* Opens a snapshot and verifies its head. 0, or a negative errno after one error line. */
int restore_open(struct restore_source *source, const char *path);

/*
 * Makes the machine of options->restore: of its source if there is one, else of the file at its
 * path, which source is then. 0, or a negative errno after one error line. restore_release(source)
 * is for after machine_destroy, or a failure.
 */
int restore_machine(struct machine *machine, struct restore_source *source,
                    const struct options *options, const struct clock_bracket *start);
void restore_release(struct restore_source *source);

#endif
