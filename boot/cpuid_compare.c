/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpuid_compare.h. */
#include "boot/cpuid_compare.h"

#include <stddef.h>
#include <string.h>

#define VENDOR_BYTES 12
/* Of names in one line. */
#define NAMES_MAX 12

enum reg { EAX, EBX, ECX, EDX, REGS };

struct feature_row {
    uint32_t leaf;
    uint32_t subleaf;
    enum reg reg;
    /* Bits. */
    uint32_t left_out;
    /* Of bit 0, 1 and so on; "-" has no name. */
    const char *names;
};

static const struct feature_row rows[] = {
    {1, 0, EDX, 0,
     "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts "
     "acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"},
    {1, 0, ECX, 1u << 3 | 1u << 27,
     "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid "
     "dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand "
     "hypervisor"},
    {7, 0, EBX, 1u << 6 | 1u << 13,
     "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f "
     "avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd "
     "sha_ni avx512bw avx512vl"},
    {7, 0, ECX, 1u << 4,
     "prefetchwt1 avx512vbmi umip pku - waitpkg avx512_vbmi2 shstk gfni vaes vpclmulqdq "
     "avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect "
     "cldemote - movdiri movdir64b enqcmd sgx_lc pks"},
    {7, 0, EDX, 0,
     "- - avx512_4vnniw avx512_4fmaps fsrm uintr - - avx512_vp2intersect srbds_ctrl md_clear "
     "rtm_always_abort - tsx_force_abort serialize hybrid_cpu tsxldtrk - pconfig arch_lbr ibt - "
     "amx_bf16 avx512_fp16 amx_tile amx_int8 spec_ctrl intel_stibp flush_l1d arch_capabilities "
     "core_capabilities spec_ctrl_ssbd"},
    {7, 1, EAX, 0,
     "sha512 sm3 sm4 - avx_vnni avx512_bf16 lass cmpccxadd - - fzrm fsrs fsrc - - - - fred lkgs "
     "wrmsrns - amx_fp16 hreset avx_ifma - - lam"},
    {0xd, 1, EAX, 0, "xsaveopt xsavec xgetbv1 xsaves xfd"},
    {0x80000001, 0, EDX, 0,
     "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm "
     "3dnowext 3dnow"},
    {0x80000001, 0, ECX, 0,
     "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop "
     "skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc "
     "perfctr_llc mwaitx"},
    {0x80000007, 0, EDX, 0, "- - - - - - - - nonstop_tsc"},
    {0x80000008, 0, EBX, 0,
     "clzero irperf xsaveerptr - rdpru - - - - wbnoinvd - - amd_ibpb - amd_ibrs amd_stibp - "
     "amd_stibp_always_on - - - - - amd_ppin amd_ssbd virt_ssbd amd_ssb_no cppc amd_psfd btc_no"},
    {0x80000021, 0, EAX, 0, ""},
    /* KVM's. */
    {0x40000001, 0, EAX, 0,
     "kvmclock_old nop_io_delay mmu_op kvmclock async_pf steal_time pv_eoi pv_unhalt - "
     "pv_tlb_flush async_pf_vmexit pv_send_ipi poll_control pv_sched_yield async_pf_int "
     "msi_ext_dest_id hc_map_gpa_range migration_control - - - - - - kvmclock_stable"},
};

static const struct kvm_cpuid_entry2 *find(const struct cpuid_table *table, uint32_t leaf,
                                           uint32_t subleaf)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct kvm_cpuid_entry2 *entry = &table->entries[i];

        if (entry->function == leaf &&
            (entry->index == subleaf || (entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) == 0))
            return entry;
    }
    return NULL;
}

static uint32_t value(const struct cpuid_table *table, const struct feature_row *row)
{
    const struct kvm_cpuid_entry2 *entry = find(table, row->leaf, row->subleaf);

    if (entry == NULL)
        return 0;
    switch (row->reg) {
    case EAX:
        return entry->eax;
    case EBX:
        return entry->ebx;
    case ECX:
        return entry->ecx;
    default:
        return entry->edx;
    }
}

static void add_name(const struct feature_row *row, unsigned bit, struct text *lacks)
{
    static const char *const regs[REGS] = {"EAX", "EBX", "ECX", "EDX"};
    const char *name = row->names;

    for (unsigned i = 0; i < bit && *name != '\0'; i++)
        name += strcspn(name, " ") + (name[strcspn(name, " ")] == ' ');
    if (*name != '\0' && *name != '-')
        text_add(lacks, "%.*s", (int)strcspn(name, " "), name);
    else
        text_add(lacks, "CPUID 0x%x/%u %s bit %u", row->leaf, row->subleaf, regs[row->reg], bit);
}

/* How many there are; the first of all are named. */
static unsigned compare_row(const struct feature_row *row, const struct cpuid_table *told,
                            const struct cpuid_table *offered, unsigned found, struct text *lacks)
{
    uint32_t missing = value(told, row) & ~value(offered, row) & ~row->left_out;

    for (unsigned bit = 0; bit < 32; bit++) {
        if ((missing >> bit & 1) == 0)
            continue;
        if (found < NAMES_MAX) {
            text_add(lacks, "%s", found == 0 ? "" : ", ");
            add_name(row, bit, lacks);
        }
        found++;
    }
    return found;
}

/* Nothing that a terminal obeys: the table may come from a stranger. */
static void read_vendor(const struct cpuid_table *table, char vendor[VENDOR_BYTES])
{
    const struct kvm_cpuid_entry2 *entry = find(table, 0, 0);
    uint32_t words[VENDOR_BYTES / 4] = {0};

    if (entry != NULL) {
        words[0] = entry->ebx;
        words[1] = entry->edx;
        words[2] = entry->ecx;
    }
    memcpy(vendor, words, VENDOR_BYTES);
    for (unsigned i = 0; i < VENDOR_BYTES; i++)
        if (vendor[i] < ' ' || vendor[i] > '~')
            vendor[i] = '?';
}

/* A guest of one vendor finds instructions, MSRs and faults otherwise on the other's CPU. */
static bool vendors_are_equal(const struct cpuid_table *told, const struct cpuid_table *offered,
                              struct text *lacks)
{
    char then[VENDOR_BYTES], now[VENDOR_BYTES];

    read_vendor(told, then);
    read_vendor(offered, now);
    if (memcmp(then, now, VENDOR_BYTES) == 0)
        return true;
    text_add(lacks, "a CPU of %.*s; its own is of %.*s", VENDOR_BYTES, then, VENDOR_BYTES, now);
    return false;
}

bool cpuid_compare(const struct cpuid_table *told, const struct cpuid_table *offered,
                   struct text *lacks)
{
    unsigned found = 0;

    if (!vendors_are_equal(told, offered, lacks))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        found = compare_row(&rows[i], told, offered, found, lacks);
    if (found > NAMES_MAX)
        text_add(lacks, " and %u more", found - NAMES_MAX);
    return found == 0;
}
