/* `denseam selftest`: every kernel on a device against plain C in double. */
#include <stdio.h>

#include "cli/selftest_helper.h"
#include "command/command.h"
#include "command/output.h"
#include "selftest/selftest.h"

/* Where each case is reported: one of the two outputs. */
typedef struct listener {
    json_t *list;      /* NULL for a table */
    dam_status status; /* of the printing */
    int cases, failed;
} listener;

static void add_json(void *user, const dam__selftest_row *row)
{
    listener *to = user;
    json_t *item = json_pack("{ss ss ss ss so sf ss ss* sb}", "case", row->name, "kernels",
                             row->shape, "gemm", row->provider, "precision", row->precision,
                             "error", json_number(row->error), "tolerance", row->tolerance,
                             "reason", row->reason, "failure", row->failure, "passed", row->passed);
    if (json_array_append_new(to->list, item) != 0)
        to->status = dam__fail(DAM_NO_MEMORY, "the host has no memory for the JSON output");
}

static void print_row(void *user, const dam__selftest_row *row)
{
    listener *to = user;
    char line[128];
    if (to->status != DAM_OK)
        return;
    (void)snprintf(line, sizeof line, "%-34s %-7s %-7s %-6s %8.3g %5g %s", row->name, row->shape,
                   row->provider, row->precision, row->error, row->tolerance,
                   row->passed ? "ok" : "FAILED");
    to->status = print_line_now(line);
    to->cases++;
    to->failed += !row->passed;
}

static dam_status print_summary(const listener *heard, const dam_device_info *info)
{
    char line[256];
    (void)snprintf(line, sizeof line, "%d of %d passed on %s", heard->cases - heard->failed,
                   heard->cases, info->name);
    dam_status status = print_line_now(line);
    if (status == DAM_OK)
        status = print_line_now("(errors and limits are in units of the precision's epsilon)");
    return status;
}

static dam_status run_selftest(const arguments *args)
{
    dam_status status = DAM_OK, verdict;
    dam_device_info info;
    listener heard = {0};
    selftest_helper helper = {0};
    dam__selftest_list all;
    console notices = console_open(args->quiet);
    const dam__selftest_options options = {.shape = (dam__shape)args->kernels,
                                           .provider = (dam__gemm_provider)args->gemm,
                                           .log = console_log(&notices)};
    DAM_TRY_CLEANUP(dam__device_find(args->device, &info));
    if (args->json)
        heard.list = json_array();
    else
        DAM_TRY_CLEANUP(
            print_line_now("case                               kernels gemm    real      error "
                           "limit verdict"));
    dam__selftest_all(&all);
    selftest_helper_start(&helper, args, &info);
    verdict =
        dam__selftest_run(&info, &options, all.tables, args->json ? add_json : print_row, &heard);
    DAM_TRY_CLEANUP(heard.status);
    if (verdict == DAM_OK || verdict == DAM_SELFTEST) {
        status = args->json ? print_json(heard.list) : print_summary(&heard, &info);
        heard.list = NULL;
    }
    /* Printing records no message unless it fails. */
    status = status != DAM_OK ? status : verdict;
cleanup:
    selftest_helper_stop(&helper);
    json_decref(heard.list);
    return status;
}

static const flag flags[] = {FLAG_DEVICE, FLAG_KERNELS, FLAG_GEMM, FLAGS_PRINT};

static const char *const examples[] = {"denseam selftest", "denseam selftest --device gpu --json",
                                       "denseam selftest --kernels gpu --gemm clblast", NULL};

const command selftest_command = {
    .name = "selftest",
    .operands = "",
    .summary = "check every kernel on a device against plain C in double",
    .text =
        "Runs every kernel and every kind of matrix product on one device and compares the "
        "results with plain C in double: in the shapes for CPUs and for GPUs, with both "
        "providers of products, and in both precisions where the device has fp64. --kernels "
        "and --gemm narrow it down. A failure ends with exit code 6: results of that device "
        "and driver cannot be trusted. Commands that train or evaluate check by themselves, once "
        "per device, driver and size of the model, what they are about to use.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_selftest,
};
