/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_plan.h. */
#include "vmm/cmd/experiment_plan.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/experiment_guest.h"
#include "vmm/cmd/scenario_file.h"
#include "vmm/host/log.h"

/* The scenario's own name, or that of its file without folder and ending. */
static void name_guest(char name[EXPERIMENT_NAME_BYTES], const struct scenario *scenario,
                       unsigned guest, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    bool has_name = scenario->name[0] != '\0';
    int length = has_name ? (int)strlen(scenario->name) : (int)strcspn(base, ".");

    if (scenario->guest_count == 1)
        snprintf(name, EXPERIMENT_NAME_BYTES, "%.*s", length, has_name ? scenario->name : base);
    else
        snprintf(name, EXPERIMENT_NAME_BYTES, "%.*s:%s", length < 48 ? length : 48,
                 has_name ? scenario->name : base, scenario->guests[guest].name);
}

static bool plan_guests(struct experiment_file *file, const struct scenario *scenario,
                        const char *path, const struct options *options)
{
    static struct experiment_guest guest;
    static struct options guest_options;
    char error[OPTIONS_ERROR_SIZE];
    bool done = true;

    for (unsigned i = 0; i < scenario->guest_count; i++) {
        name_guest(file->names[i], scenario, i, path);
        if (experiment_guest_options(&guest, scenario, i, path, &options->experiment,
                                     &guest_options, error, sizeof error)) {
            file->cpu_counts[i] = guest_options.config.cpu_count;
            continue;
        }
        log_error("%s: %s", path, error);
        done = false;
    }
    file->guest_count = scenario->guest_count;
    return done;
}

bool experiment_plan_make(struct experiment_plan *plan, const struct options *options)
{
    static struct scenario scenario;
    const struct experiment_options *experiment = &options->experiment;
    bool done = true;

    *plan =
        (struct experiment_plan){.file_count = experiment->path_count,
                                 .repeat = experiment->repeat,
                                 .pages_dir = experiment->trace ? options->check.output_dir : NULL};
    for (unsigned i = 0; i < experiment->path_count; i++) {
        done &= scenario_file_read(&scenario, experiment->paths[i]) &&
                plan_guests(&plan->files[i], &scenario, experiment->paths[i], options);
        scenario_close(&scenario);
        plan->cell_count += plan->files[i].guest_count * plan->repeat;
    }
    return done;
}

struct experiment_place experiment_plan_place(const struct experiment_plan *plan, unsigned cell)
{
    unsigned file = 0;

    while (file + 1 < plan->file_count && cell >= plan->files[file].guest_count * plan->repeat)
        cell -= plan->files[file++].guest_count * plan->repeat;
    return (struct experiment_place){file, cell % plan->files[file].guest_count,
                                     cell / plan->files[file].guest_count};
}

const char *experiment_plan_name(const struct experiment_plan *plan, unsigned cell)
{
    struct experiment_place place = experiment_plan_place(plan, cell);

    return plan->files[place.file].names[place.guest];
}

unsigned experiment_plan_vcpus(const struct experiment_plan *plan, unsigned cell)
{
    struct experiment_place place = experiment_plan_place(plan, cell);

    return plan->files[place.file].cpu_counts[place.guest];
}
