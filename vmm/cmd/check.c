/* SPDX-License-Identifier: BSD-2-Clause */
/* See check.h. */
#include "vmm/cmd/check.h"

#include <stdlib.h>
#include <string.h>

#include "check/result.h"
#include "check/watch.h"
#include "vmm/cmd/check_options.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/expect_files.h"
#include "vmm/cmd/machine_name.h"
#include "vmm/cmd/matrix.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/restore.h"
#include "vmm/cmd/run.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

static const int outcome_status[] = {
    [OUTCOME_JUDGED] = EXIT_STATUS_OK,
    [OUTCOME_NO_REPORT] = EXIT_STATUS_CHECK_NO_REPORT,
    [OUTCOME_HALF_REPORT] = EXIT_STATUS_CHECK_HALF_REPORT,
    [OUTCOME_LONG_REPORT] = EXIT_STATUS_CHECK_LONG_REPORT,
    [OUTCOME_FALSE_REPORT] = EXIT_STATUS_CHECK_FALSE_REPORT,
    [OUTCOME_HUNG] = EXIT_STATUS_TIMEOUT,
    [OUTCOME_CRASHED] = EXIT_STATUS_GUEST_CRASH,
    [OUTCOME_KVM_UNABLE] = EXIT_STATUS_KVM_UNABLE,
    [OUTCOME_INTERRUPTED] = EXIT_STATUS_INTERRUPTED,
};

/* What the guest's end alone says; OUTCOME_JUDGED: the report decides. */
static enum outcome outcome_of_end(int end_status)
{
    switch (end_status) {
    case EXIT_STATUS_GUEST_CRASH:
        return OUTCOME_CRASHED;
    case EXIT_STATUS_KVM_UNABLE:
        return OUTCOME_KVM_UNABLE;
    case EXIT_STATUS_TIMEOUT:
        return OUTCOME_HUNG;
    case EXIT_STATUS_INTERRUPTED:
        return OUTCOME_INTERRUPTED;
    default:
        return OUTCOME_JUDGED;
    }
}

static enum outcome outcome_of_report(enum report_status status)
{
    static const enum outcome outcomes[] = {
        [REPORT_READ] = OUTCOME_JUDGED,       [REPORT_NOTHING] = OUTCOME_NO_REPORT,
        [REPORT_HALF] = OUTCOME_HALF_REPORT,  [REPORT_TOO_MUCH] = OUTCOME_LONG_REPORT,
        [REPORT_LIES] = OUTCOME_FALSE_REPORT,
    };

    return outcomes[status];
}

/* Of a guest that was not judged: what happened, in a line. */
static void describe_outcome(struct run_result *result, const char *end_text,
                             const char *report_error)
{
    struct text detail;

    text_init(&detail, result->detail, sizeof result->detail);
    switch (result->outcome) {
    case OUTCOME_JUDGED:
        break;
    case OUTCOME_NO_REPORT:
        text_add(&detail, "the guest ended without a report: %s", watch_stage_text(result->stage));
        break;
    case OUTCOME_HUNG:
        text_add(&detail, "the guest %s: %s", end_text, watch_stage_text(result->stage));
        break;
    case OUTCOME_HALF_REPORT:
    case OUTCOME_LONG_REPORT:
    case OUTCOME_FALSE_REPORT:
        text_add(&detail, "%s", report_error);
        break;
    default:
        text_add(&detail, "%s", end_text);
    }
}

static int print_result(const struct run_result *result, enum format format)
{
    json_t *results = json_array();
    int status;

    json_array_append_new(results, result_to_json(result));
    status = check_print(results, format);
    json_decref(results);
    return status == EXIT_STATUS_OK ? result->status : status;
}

static void judge_report(struct run_result *result, const struct options *options,
                         const struct report *report)
{
    const struct judge_facts facts = {check_options_machine(options), result->boot_ns};

    result->report = report;
    judge(&options->check.expectations, report, &facts, &result->verdicts);
    if (verdict_list_count(&result->verdicts, VERDICT_FAILED) > 0)
        result->status = EXIT_STATUS_CHECK_FAILED;
}

/* What all holds for is no success if the user does not get all of what the guest sent. */
static void judge_output(struct run_result *result, const struct machine *machine)
{
    struct text detail;

    if (run_status(machine, result->status) == result->status)
        return;
    result->outcome = OUTCOME_HOST_ERROR;
    result->status = run_status(machine, result->status);
    text_init(&detail, result->detail, sizeof result->detail);
    text_add(&detail, "output or NVRAM of the guest was lost: the messages say why");
}

static int conclude(const struct options *options, const struct watch *watch,
                    const struct machine *machine, int end_status, uint64_t run_ns)
{
    static struct report report;
    char console[WATCH_CONSOLE_BYTES + 1], options_text[RESULT_OPTIONS_BYTES],
        machine_text[RESULT_OPTIONS_BYTES], report_error[256] = "";
    struct run_result result = {.kernel = options->host.kernel_path,
                                .options = options_text,
                                .machine = machine_text,
                                .run_ns = run_ns,
                                .boot_ns = watch->begun_ns,
                                .console = console};
    enum report_status report_status =
        report_read(watch->report, watch->report_bytes, &report, report_error, sizeof report_error);

    machine_name_options(options, options_text);
    machine_name_anywhere(options_text, machine_text);
    watch_console_tail(watch, RESULT_CONSOLE_LINES, console, sizeof console);
    result.stage = watch_stage(watch, report_status);
    result.outcome = outcome_of_end(end_status);
    if (result.outcome == OUTCOME_JUDGED)
        result.outcome = outcome_of_report(report_status);
    result.status = outcome_status[result.outcome];
    describe_outcome(&result, machine->end_text, report_error);
    if (result.outcome == OUTCOME_JUDGED)
        judge_report(&result, options, &report);
    else if (result.detail[0] != '\0')
        log_error("%s: %s", result.kernel, result.detail);
    judge_output(&result, machine);
    return print_result(&result, options->check.format);
}

/*
 * A guest that was to be saved, and powered off or did: there is nothing to judge. True if that is
 * all, with the status.
 */
static bool is_save(const struct machine *machine, const struct options *options, int *status)
{
    if (options->check.save_path == NULL || *status != EXIT_STATUS_OK)
        return false;
    if (machine->end_cause == MACHINE_ENDED_BY_QUIT) {
        log_note("%s", machine->end_text);
        return true;
    }
    log_error("%s: not saved: the guest has ended, and no probe in it asked for orders",
              options->check.save_path);
    *status = EXIT_STATUS_HOST_ERROR;
    return true;
}

static int check_one(struct machine *machine, const struct options *options,
                     const struct clock_bracket *start)
{
    char *report_bytes = malloc(WATCH_REPORT_BYTES);
    uint64_t start_ns = host_monotonic_ns();
    struct watch watch;
    int status;

    if (report_bytes == NULL) {
        log_error("out of memory");
        return EXIT_STATUS_HOST_ERROR;
    }
    watch_init(&watch, report_bytes);
    /* It waits for its orders: it has begun, and when is known. */
    if (options->restore.source != NULL)
        watch_report_byte(&watch, options->restore.source->image.time.guest_ns, '\n');
    status = run_guest(machine, options, start, &watch);
    if (is_save(machine, options, &status)) {
        free(report_bytes);
        return run_status(machine, status);
    }
    /* A host that failed leaves nothing to judge. Unless that ended the guest, it has been said. */
    if (status != EXIT_STATUS_HOST_ERROR)
        status = conclude(options, &watch, machine, status, host_monotonic_ns() - start_ns);
    else if (machine->end_text[0] != '\0')
        log_error("%s", machine->end_text);
    free(report_bytes);
    return run_status(machine, status);
}

/* With --from: the machine is that of the file. False after an error line. */
static bool open_snapshot(struct options *options, struct restore_source *source)
{
    if (options->restore.path == NULL)
        return true;
    if (restore_open(source, options->restore.path) < 0)
        return false;
    options->restore.source = source;
    options->config = source->image.config;
    return true;
}

int check_run(struct machine *machine, struct options *options, const struct clock_bracket *start,
              char **argv)
{
    const struct check_options *check = &options->check;
    struct restore_source source = RESTORE_SOURCE_NONE;
    int status;

    if (check->merge)
        return check_merge(check->operands, check->operand_count, check->format);
    if (!open_snapshot(options, &source) || !expect_files_read(options))
        status = EXIT_STATUS_HOST_ERROR;
    else if (check->matrix)
        status = matrix_run(options, argv);
    else
        status = check_one(machine, options, start);
    expect_files_forget(options);
    restore_release(&source);
    return status;
}
