/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_cell.h. */
#include "vmm/cmd/experiment_cell.h"

#include "check/result.h"
#include "timelab/scenario_seed.h"
#include "vmm/cmd/check_options.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/experiment_guest.h"
#include "vmm/cmd/experiment_plan.h"
#include "vmm/cmd/experiment_samples.h"
#include "vmm/cmd/experiment_session.h"
#include "vmm/cmd/machine_name.h"
#include "vmm/cmd/run.h"
#include "vmm/cmd/scenario_file.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

/* What lives as long as the process. */
struct experiment_cell {
    struct scenario scenario;
    struct experiment_guest guest;
    struct options options;
    struct experiment_session session;
    struct watch watch;
    char report_bytes[WATCH_REPORT_BYTES];
    struct report report;
    struct run_result result;
    const char *name;
    char trace_path[PATH_MAX];
    struct clock_samples samples;
};

/* What the guest's end alone says. */
static enum outcome outcome_of(int end_status)
{
    switch (end_status) {
    case EXIT_STATUS_TIMEOUT:
        return OUTCOME_HUNG;
    case EXIT_STATUS_KVM_UNABLE:
        return OUTCOME_KVM_UNABLE;
    case EXIT_STATUS_INTERRUPTED:
        return OUTCOME_INTERRUPTED;
    default:
        return OUTCOME_JUDGED;
    }
}

static void judge_guest(struct experiment_cell *cell, unsigned guest, enum report_status report)
{
    struct guest_record *record = &cell->session.record;
    struct run_result *result = &cell->result;

    if (scenario_needs_samples(&cell->scenario, guest) &&
        experiment_samples_read(cell->options.host.trace_path, &cell->samples))
        record->samples = &cell->samples;
    record->facts = (struct judge_facts){check_options_machine(&cell->options), result->boot_ns};
    if (report == REPORT_READ)
        record->report = result->report = &cell->report;
    scenario_judge(&cell->scenario, guest, record, &result->verdicts);
    if (verdict_list_count(&result->verdicts, VERDICT_FAILED) > 0)
        result->status = EXIT_STATUS_CHECK_FAILED;
}

static int conclude(struct experiment_cell *cell, const struct machine *machine, unsigned guest,
                    int end_status, uint64_t run_ns)
{
    char console[WATCH_CONSOLE_BYTES + 1], options_text[RESULT_OPTIONS_BYTES],
        machine_text[RESULT_OPTIONS_BYTES], report_error[256] = "";
    struct run_result *result = &cell->result;
    enum report_status report = report_read(cell->report_bytes, cell->watch.report_bytes,
                                            &cell->report, report_error, sizeof report_error);
    json_t *results = json_array();
    int status;

    *result = (struct run_result){.kernel = cell->name,
                                  .options = options_text,
                                  .machine = machine_text,
                                  .run_ns = run_ns,
                                  .outcome = outcome_of(end_status),
                                  .boot_ns = cell->watch.begun_ns,
                                  .stage = watch_stage(&cell->watch, report),
                                  .console = console};
    machine_name_options(&cell->options, options_text);
    machine_name_anywhere(options_text, machine_text);
    watch_console_tail(&cell->watch, RESULT_CONSOLE_LINES, console, sizeof console);
    cell->session.record.status = end_status;
    if (result->outcome == OUTCOME_JUDGED) {
        judge_guest(cell, guest, report);
    } else {
        result->status = end_status;
        snprintf(result->detail, sizeof result->detail, "%.*s", RESULT_DETAIL_BYTES - 1,
                 machine->end_text);
        log_error("%s: %s", cell->name, result->detail);
    }
    json_array_append_new(results, result_to_json(result));
    status = check_print(results, FORMAT_JSON);
    json_decref(results);
    return status == EXIT_STATUS_OK ? run_status(machine, result->status) : status;
}

/* Where the trace goes, if there is one. False after an error line. */
static bool place_trace(struct experiment_cell *cell, const struct options *options, unsigned guest)
{
    if (options->experiment.trace) {
        snprintf(cell->trace_path, sizeof cell->trace_path, "%s/%04u.mvtr",
                 options->check.output_dir, options->check.cell);
        cell->options.host.trace_path = cell->trace_path;
    } else if (scenario_needs_samples(&cell->scenario, guest)) {
        cell->options.host.trace_path = experiment_samples_file();
        return cell->options.host.trace_path != NULL;
    }
    return true;
}

/* What the user said of the guest's output, and the time limit. */
static void take_host_options(struct experiment_cell *cell, const struct options *options)
{
    struct options *guest = &cell->options;

    /* Not that of a run: the main thread reads the trace once the guest has ended. */
    guest->command = options->command;
    guest->host.version = options->host.version;
    guest->host.verbose = options->host.verbose;
    guest->host.timeout_ns = options->host.timeout_ns;
    guest->host.console = options->host.console;
    guest->host.console_path = options->host.console_path;
    guest->host.report_path = options->host.report_path;
}

static int run_it(struct experiment_cell *cell, struct machine *machine, unsigned guest,
                  const struct clock_bracket *start)
{
    uint64_t start_ns = host_monotonic_ns();
    int status;

    experiment_session_init(&cell->session, &cell->scenario, guest);
    watch_init(&cell->watch, cell->report_bytes);
    cell->options.session = &cell->session;
    status = run_guest(machine, &cell->options, start, &cell->watch);
    if (status != EXIT_STATUS_HOST_ERROR)
        return conclude(cell, machine, guest, status, host_monotonic_ns() - start_ns);
    if (machine->end_text[0] != '\0')
        log_error("%s", machine->end_text);
    return status;
}

int experiment_cell_run(struct machine *machine, const struct options *options,
                        const struct clock_bracket *start, const struct experiment_plan *plan)
{
    static struct experiment_cell cell;
    struct experiment_place place;
    char error[OPTIONS_ERROR_SIZE];
    const char *path;
    int status = EXIT_STATUS_HOST_ERROR;

    if (options->check.cell > plan->cell_count) {
        log_error("--cell %u: there are %u runs", options->check.cell, plan->cell_count);
        return status;
    }
    place = experiment_plan_place(plan, options->check.cell - 1);
    path = options->experiment.paths[place.file];
    cell.name = experiment_plan_name(plan, options->check.cell - 1);
    if (scenario_file_read(&cell.scenario, path)) {
        uint64_t seed =
            options->experiment.has_seed ? options->experiment.seed : cell.scenario.seed;

        scenario_set_seed(&cell.scenario, scenario_seed_of_repeat(seed, place.repeat));
        if (experiment_guest_options(&cell.guest, &cell.scenario, place.guest, path,
                                     &options->experiment, &cell.options, error, sizeof error)) {
            take_host_options(&cell, options);
            if (place_trace(&cell, options, place.guest))
                status = run_it(&cell, machine, place.guest, start);
        } else
            log_error("%s: %s", path, error);
    }
    scenario_close(&cell.scenario);
    return status;
}
