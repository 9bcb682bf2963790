/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_tsc.h. */
#include "vmm/machine/machine_tsc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/tsc_measure.h"
#include "vmm/machine/machine.h"

#define KHZ_NS      UINT64_C(1000000)
#define MILLION     1000000
#define ASKED_BYTES 80

/* Where all TSCs start. */
struct tsc_start {
    uint64_t host_tsc;
    uint32_t host_khz;
    unsigned frac_bits;
    /* By how much those without an offset are ahead of 0. */
    uint64_t lead_ns;
    struct dilation dilation;
};

/* Settings, and the function that they make if they take effect. */
struct tsc_plan {
    struct tsc_settings settings;
    struct guest_tsc tsc;
};

static int find_start(const struct machine *machine, struct tsc_start *start)
{
    int khz = kvm_vcpu_get_tsc_khz(machine->vcpus[0].fd);
    int64_t lowest_ns = 0;

    if (khz <= 0) {
        log_error("--tsc: KVM does not know the rate of the host's TSC");
        return -ENOTSUP;
    }
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (machine->config->tsc[i].offset_ns < lowest_ns)
            lowest_ns = machine->config->tsc[i].offset_ns;
    *start = (struct tsc_start){
        .host_tsc = host_tsc(),
        .host_khz = (uint32_t)khz,
        .frac_bits = tsc_host_ratio_bits(),
        .lead_ns = (uint64_t)-lowest_ns,
        .dilation = machine->config->time_rate,
    };
    return 0;
}

static struct tsc_plan plan_for(const struct tsc_start *start, const struct tsc_request *request)
{
    uint32_t khz = request->khz != 0 ? request->khz : start->host_khz;
    struct guest_tsc scaled = {
        .ratio = request->khz != 0 ? tsc_ratio_from_khz(khz, start->host_khz, start->frac_bits)
                                   : TSC_RATIO_ONE,
    };
    uint64_t ahead_ns =
        dilation_host_ns(start->dilation, start->lead_ns + (uint64_t)request->offset_ns);
    struct guest_tsc tsc =
        guest_tsc_set(&scaled, start->host_tsc, mul_div_floor(ahead_ns, khz, KHZ_NS));

    return (struct tsc_plan){{request->khz, tsc.offset}, tsc};
}

/* It is what a TSC is that nothing is set of, but for where it starts. */
static bool asks_for_nothing(const struct tsc_start *start, const struct tsc_request *request)
{
    return (request->khz == 0 || request->khz == start->host_khz) && request->offset_ns == 0;
}

static int measure_plan(const struct machine *machine, const struct tsc_plan *plan,
                        enum tsc_verdict *verdict, struct tsc_measurement *measurement)
{
    int result = tsc_measure(&machine->kvm, &plan->settings, measurement);

    if (result == 0)
        *verdict = tsc_measurement_judge(measurement, &plan->settings, &plan->tsc);
    return result;
}

static void describe(const struct tsc_request *request, char text[ASKED_BYTES])
{
    char rate[ASKED_BYTES / 2] = "the host's rate";

    if (request->khz != 0)
        snprintf(rate, sizeof rate, "%" PRIu32 " kHz", request->khz);
    snprintf(text, ASKED_BYTES, "%s, offset %+" PRId64 " ns", rate, request->offset_ns);
}

/* One line: an error, or a warning if the run goes on. */
static void say_not_effective(const struct machine *machine, const struct vcpu *vcpu,
                              const struct tsc_request *request,
                              const struct tsc_measurement *measurement)
{
    int error = measurement->answer.khz_error != 0 ? measurement->answer.khz_error
                                                   : measurement->answer.offset_error;
    char asked[ASKED_BYTES], why[ASKED_BYTES];

    describe(request, asked);
    if (error != 0)
        snprintf(why, sizeof why, "refused by KVM: %s", strerror(-error));
    else
        snprintf(why, sizeof why,
                 "accepted and ignored by KVM, as a guest finds that reads its TSC");
    if (machine->host->tsc_best_effort)
        log_note("--tsc: vCPU %u: %s: %s", vcpu->index, asked, why);
    else
        log_error("--tsc: vCPU %u: %s: %s; --tsc-best-effort goes on without", vcpu->index, asked,
                  why);
}

static int set_tsc(struct vcpu *vcpu, const struct tsc_plan *plan)
{
    struct tsc_answer answer;
    int result = tsc_settings_apply(vcpu->fd, &plan->settings, &answer);

    vcpu->tsc.offset_is_known = false;
    if (result < 0)
        return result;
    if (!tsc_settings_are(&plan->settings, &answer)) {
        log_error("--tsc: vCPU %u: KVM does not do what it did for another vCPU", vcpu->index);
        return -EIO;
    }
    vcpu->tsc.ratio = plan->tsc.ratio;
    return 0;
}

static void set_offsets_work(struct machine *machine, bool work)
{
    machine->tsc = (struct machine_tsc){true, work};
    log_info("this KVM %s TSC offsets", work ? "applies" : "does not apply");
}

/* The vCPU before this one, of all, that was asked for the same; NULL if none was. */
static const struct vcpu *find_twin(const struct machine *machine, unsigned index)
{
    const struct tsc_request *requests = machine->config->tsc;

    for (unsigned i = 0; i < index; i++)
        if (requests[i].khz == requests[index].khz &&
            requests[i].offset_ns == requests[index].offset_ns)
            return &machine->vcpus[i];
    return NULL;
}

/* With --tsc-best-effort: of what is not effective, the offset alone. */
static int set_offset_alone(struct machine *machine, const struct tsc_start *start,
                            struct vcpu *vcpu, const struct tsc_request *request)
{
    const struct tsc_request offset_alone = {.offset_ns = request->offset_ns};
    struct tsc_plan plan = plan_for(start, &offset_alone);
    struct tsc_measurement measurement;
    enum tsc_verdict verdict = TSC_REFUSED;

    if (!machine->tsc.offsets_measured) {
        measure_plan(machine, &plan, &verdict, &measurement);
        set_offsets_work(machine, verdict == TSC_EFFECTIVE);
    }
    if (!machine->tsc.offsets_work)
        return 0;
    if (find_twin(machine, vcpu->index) == NULL)
        log_note("--tsc: vCPU %u: the offset alone takes effect", vcpu->index);
    return set_tsc(vcpu, &plan);
}

/* The verdict, with a line on what is not effective if it was asked for. */
static int judge(struct machine *machine, const struct tsc_plan *plan, struct vcpu *vcpu,
                 bool was_asked)
{
    static const char *const words[] = {
        [TSC_EFFECTIVE] = "effective", [TSC_IGNORED] = "ignored", [TSC_REFUSED] = "refused"};
    const struct tsc_request *request = &machine->config->tsc[vcpu->index];
    const struct vcpu *twin = find_twin(machine, vcpu->index);
    struct tsc_measurement measurement;
    char asked[ASKED_BYTES];

    if (twin != NULL) {
        vcpu->tsc.verdict = twin->tsc.verdict;
    } else {
        int result = measure_plan(machine, plan, &vcpu->tsc.verdict, &measurement);

        if (result < 0)
            return result;
        if (vcpu->tsc.verdict == TSC_EFFECTIVE)
            machine->tsc = (struct machine_tsc){true, true};
        else if (was_asked)
            say_not_effective(machine, vcpu, request, &measurement);
    }
    if (vcpu->tsc.verdict != TSC_EFFECTIVE && !was_asked)
        return 0;
    describe(request, asked);
    log_info("vCPU %u: TSC of %s: %s", vcpu->index, asked, words[vcpu->tsc.verdict]);
    return 0;
}

static int prepare_vcpu(struct machine *machine, const struct tsc_start *start, struct vcpu *vcpu)
{
    const struct tsc_request *request = &machine->config->tsc[vcpu->index];
    struct tsc_plan plan = plan_for(start, request);
    bool asked = !asks_for_nothing(start, request);
    int result = judge(machine, &plan, vcpu, asked);

    if (result < 0)
        return result;
    if (vcpu->tsc.verdict == TSC_EFFECTIVE)
        return set_tsc(vcpu, &plan);
    if (!asked)
        return 0;
    if (!machine->host->tsc_best_effort)
        return -ENOTSUP;
    return request->khz != 0 ? set_offset_alone(machine, start, vcpu, request) : 0;
}

int machine_tsc_prepare(struct machine *machine)
{
    struct tsc_start start;
    int result = 0;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        machine->vcpus[i].tsc.ratio = TSC_RATIO_ONE;
    if (!machine->config->tsc_asked)
        return 0;
    result = find_start(machine, &start);
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++)
        result = prepare_vcpu(machine, &start, &machine->vcpus[i]);
    return result;
}

static bool is_near(uint32_t khz, uint32_t host_khz)
{
    uint32_t apart = khz > host_khz ? khz - host_khz : host_khz - khz;

    return apart <= mul_div_floor(host_khz, TSC_TOLERANCE_PPM, MILLION);
}

static int keep_rate(struct machine *machine, const struct tsc_start *start, const uint32_t khz[],
                     struct vcpu *vcpu)
{
    const struct tsc_request request = {.khz = khz[vcpu->index]};
    const struct tsc_plan plan = plan_for(start, &request);
    struct tsc_measurement measurement;
    unsigned first = 0;
    int result = 0;

    while (khz[first] != request.khz)
        first++;
    if (first == vcpu->index)
        result = measure_plan(machine, &plan, &vcpu->tsc.verdict, &measurement);
    else
        vcpu->tsc.verdict = machine->vcpus[first].tsc.verdict;
    if (result < 0 || vcpu->tsc.verdict != TSC_EFFECTIVE)
        return result;
    machine->tsc = (struct machine_tsc){true, true};
    log_info("vCPU %u: its TSC keeps %u kHz", vcpu->index, request.khz);
    return set_tsc(vcpu, &plan);
}

int machine_tsc_keep_rates(struct machine *machine, const uint32_t khz[])
{
    int host_khz = kvm_vcpu_get_tsc_khz(machine->vcpus[0].fd);
    const struct tsc_start start = {.host_tsc = host_tsc(),
                                    .host_khz = host_khz > 0 ? (uint32_t)host_khz : 0,
                                    .frac_bits = tsc_host_ratio_bits()};
    int result = 0;

    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++) {
        machine->vcpus[i].tsc.ratio = TSC_RATIO_ONE;
        if (start.host_khz != 0 && khz[i] != 0 && !is_near(khz[i], start.host_khz))
            result = keep_rate(machine, &start, khz, &machine->vcpus[i]);
    }
    return result;
}

static int ask_kvm(const struct vcpu *vcpu, struct guest_tsc *tsc)
{
    tsc->ratio = vcpu->tsc.ratio;
    return kvm_vcpu_get_tsc_offset(vcpu->fd, &tsc->offset);
}

int machine_tsc_get(struct vcpu *vcpu, struct guest_tsc *tsc)
{
    int result = ask_kvm(vcpu, tsc);

    vcpu->tsc.offset_is_known = result == 0;
    vcpu->tsc.offset = tsc->offset;
    return result;
}

bool machine_tsc_is_kept(const struct vcpu *vcpu)
{
    return vcpu->tsc.offset_is_known && vcpu->machine->config->kvmclock != KVMCLOCK_KERNEL &&
           vcpu->machine->time.is_constant &&
           host_facts_tsc_trust(&vcpu->machine->time.facts, false) == TSC_TRUSTED;
}

int machine_tsc_recall(struct vcpu *vcpu, struct guest_tsc *tsc)
{
    if (!machine_tsc_is_kept(vcpu))
        return machine_tsc_get(vcpu, tsc);
    *tsc = (struct guest_tsc){vcpu->tsc.ratio, vcpu->tsc.offset};
    return 0;
}

int machine_tsc_set_offset(struct vcpu *vcpu, uint64_t offset)
{
    vcpu->tsc.offset_is_known = false;
    return kvm_vcpu_set_tsc_offset(vcpu->fd, offset);
}

/* Without --tsc KVM makes them so. */
bool machine_tsc_is_one(const struct machine *machine)
{
    struct guest_tsc first, other;

    if (!machine->config->tsc_asked)
        return true;
    if (ask_kvm(&machine->vcpus[0], &first) < 0)
        return false;
    for (unsigned i = 1; i < machine->config->cpu_count; i++)
        if (ask_kvm(&machine->vcpus[i], &other) < 0 || !guest_tsc_equal(&first, &other))
            return false;
    return true;
}

/*
 * Every vCPU has an offset from the beginning, as its TSC starts at 0. A KVM that says that there
 * is none ignores what it is told; any other is asked by the guest.
 */
static bool follows_its_offset(const struct machine *machine, const struct vcpu *vcpu)
{
    void *code = guest_mem_at(&machine->memory, TSC_READ_CODE_GPA, TSC_READ_CODE_BYTES);
    struct tsc_samples samples;
    struct guest_tsc tsc;

    if (ask_kvm(vcpu, &tsc) < 0 || tsc.offset == 0 ||
        tsc_read_once(vcpu->fd, vcpu->run, code, &samples.first) < 0)
        return false;
    samples.last = samples.first;
    return ask_kvm(vcpu, &tsc) == 0 && tsc_samples_fit(&samples, &tsc);
}

void machine_tsc_find_out(struct machine *machine)
{
    if (!machine->tsc.offsets_measured)
        set_offsets_work(machine, follows_its_offset(machine, &machine->vcpus[0]));
}

/* With an offset a guest reads what no other function of the host's TSC would give. */
int machine_tsc_find_out_apart(struct machine *machine)
{
    const struct guest_tsc host = {.ratio = TSC_RATIO_ONE};
    const struct guest_tsc tsc = guest_tsc_set(&host, host_tsc(), 0);
    const struct tsc_plan plan = {{.offset = tsc.offset}, tsc};
    struct tsc_measurement measurement;
    enum tsc_verdict verdict;
    int result;

    if (machine->tsc.offsets_measured)
        return 0;
    result = measure_plan(machine, &plan, &verdict, &measurement);
    if (result == 0)
        set_offsets_work(machine, verdict == TSC_EFFECTIVE);
    return result;
}

bool machine_tsc_offsets_work(const struct machine *machine)
{
    return machine->tsc.offsets_work;
}

bool machine_tsc_tell(void *ctx, unsigned vcpu, struct guest_tsc *tsc)
{
    const struct machine *machine = ctx;

    return machine_tsc_recall(&machine->vcpus[vcpu], tsc) == 0;
}
