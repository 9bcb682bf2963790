/* SPDX-License-Identifier: BSD-2-Clause */
/* See check_conflicts.h. */
#include "vmm/cmd/check_conflicts.h"

#include <string.h>

/* What of the options is for one guest alone; NULL if nothing is. */
static const char *wrong_with_many_guests(const struct host_options *host)
{
    if (host->console == CONSOLE_FILE || host->report_path != NULL)
        return "--matrix has many guests: --output DIR keeps their reports and consoles";
    if (host->trace_path != NULL)
        return "--matrix has many guests: --trace is for one at a time";
    if (host->rtc_nvram_path[0] != '\0')
        return "--matrix has many guests: --rtc nvram= is for one at a time";
    if (host->serial2_path != NULL)
        return "--matrix has many guests: --serial2 is for one at a time";
    if (host->control_path != NULL)
        return "--matrix has many guests: --control is for one at a time";
    if (host->snapshot_at.path[0] != '\0')
        return "--matrix has many guests: --snapshot-at is for one at a time";
    for (unsigned i = 0; i < host->disk_count; i++)
        if (!host->disks[i].is_read_only)
            return "--matrix has many guests: one alone can write a --disk; ,ro shares it";
    return NULL;
}

/* Whether each word is for the probe, as "probe.seconds=20". */
static bool is_for_probe(const char *words)
{
    static const char prefix[] = "probe.", blanks[] = " \t";

    for (words += strspn(words, blanks); *words != '\0'; words += strspn(words, blanks)) {
        if (strncmp(words, prefix, sizeof prefix - 1) != 0)
            return false;
        words += strcspn(words, blanks);
    }
    return true;
}

/* What is wrong with --save, --from and what goes with them; NULL if nothing is. */
static const char *wrong_with_snapshot(const struct options *options)
{
    const struct check_options *check = &options->check;
    bool from = options->restore.path != NULL;

    if (!from && options->restore.time_is_said)
        return "--time is of use with --from only";
    if (!from && check->save_path == NULL)
        return NULL;
    if (from && check->save_path != NULL)
        return "--save makes the file that --from begins from: give one of them";
    if (check->matrix)
        return "--matrix boots each machine: by what they differ the kernel sees at boot, and "
               "--save and --from are for one machine";
    if (check->save_path != NULL && options->host.snapshot_at.path[0] != '\0')
        return "--save is a snapshot, and --snapshot-at another one: give one of them";
    if (check->save_path != NULL && check->expect_count > 0)
        return "--save ends before anything is measured: --expect is for --from";
    if (from && options->host.serial2_path != NULL)
        return "--serial2: on COM2 the probe of --from gets its orders; leave it out";
    if (from && options->host.append != NULL && !is_for_probe(options->host.append))
        return "--append: the kernel of --from has booted, so words begin with probe.";
    return NULL;
}

/* What is wrong with --matrix, --merge and what goes with them; NULL if nothing is. */
static const char *wrong_with_matrix(const struct options *options)
{
    const struct check_options *check = &options->check;

    if (check->merge && (check->matrix || check->shard.count != 0 || check->expect_count != 0 ||
                         check->save_path != NULL || options->restore.path != NULL))
        return "--merge takes nothing but --format and the files";
    if (!check->matrix && check->shard.count != 0)
        return "--shard is of use with --matrix only";
    if (!check->matrix && check->cell != 0)
        return "--cell is of use with --matrix only";
    if (!check->matrix && check->output_dir != NULL)
        return "--output is of use with --matrix only: --report and --console keep those of one";
    if (check->matrix && check->cell == 0 && wrong_with_many_guests(&options->host) != NULL)
        return wrong_with_many_guests(&options->host);
    if (check->matrix && check->operand_count > CELLS_MAX / CELLS_PER_KERNEL)
        return "--matrix accepts 85 kernels at most";
    if (check->cell > check->operand_count * CELLS_PER_KERNEL)
        return "--cell: the matrix has 48 cells for each kernel";
    return NULL;
}

const char *check_conflicts_find(const struct options *options)
{
    const char *wrong = wrong_with_matrix(options);

    return wrong != NULL ? wrong : wrong_with_snapshot(options);
}
