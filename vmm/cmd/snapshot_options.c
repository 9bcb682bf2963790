/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_options.h. */
#include "vmm/cmd/snapshot_options.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/option_value.h"

const char snapshot_options_usage[] =
    "Usage: minivmm snapshot [OPTIONS] info|verify FILE\n"
    "       minivmm snapshot [OPTIONS] diff FILE FILE\n"
    "Say what is in a snapshot, read all of it to see whether it is damaged, or say\n"
    "in what two of them differ.\n";

const char snapshot_options_ending[] =
    "Exit status: 0 done; 2 user or host error, or a damaged file; 20 the two files\n"
    "differ.\n";

/* By enum snapshot_action. */
static const char *const action_words[] = {"info", "verify", "diff", NULL};

enum options_verdict snapshot_options_take(int count, char **operands, struct options *options,
                                           char *error, size_t error_size)
{
    struct snapshot_options *snapshot = &options->snapshot;
    int wanted;
    uint8_t place;

    if (count == 0 || !option_value_word(action_words, operands[0], &place)) {
        snprintf(error, error_size, "snapshot '%s': accepted is info, verify or diff",
                 count == 0 ? "" : operands[0]);
        return OPTIONS_BAD;
    }
    snapshot->action = place;
    wanted = snapshot->action == SNAPSHOT_DIFF ? 2 : 1;
    if (count - 1 != wanted) {
        snprintf(error, error_size, "snapshot %s: wanted is %d FILE%s, and %d %s given",
                 operands[0], wanted, wanted == 1 ? "" : "s", count - 1,
                 count - 1 == 1 ? "is" : "are");
        return OPTIONS_BAD;
    }
    memcpy(snapshot->paths, operands + 1, (size_t)wanted * sizeof operands[0]);
    return OPTIONS_RUN;
}
