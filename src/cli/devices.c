/* `denseam devices`: what there is, what each can do, which is the default and why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "compute/gemm.h"
#include "denseam/device.h"

/* Who multiplies; false where the device cannot be used. */
static bool find_products(const dam_device_info *info, dam__gemm_facts *facts)
{
    return info->usable && dam__gemm_facts_of(info, facts) == DAM_OK;
}

/* Null where there is nothing to tell. "replaced" lists the precisions in which CLBlast gets other
 * parameters than it has for the device. */
static json_t *products_json(const dam_device_info *info)
{
    static const char *const precisions[] = {"single", "double"};
    dam__gemm_facts facts;
    json_t *replaced = json_array();
    if (!find_products(info, &facts)) {
        json_decref(replaced);
        return json_null();
    }
    for (int i = 0; i < 2; i++)
        if (facts.replaced[i] && json_array_append_new(replaced, json_string(precisions[i])) != 0) {
            json_decref(replaced);
            return NULL;
        }
    return json_pack("{ss so}", "by", dam__gemm_provider_name(facts.usual), "replaced", replaced);
}

static json_t *device_json(const dam_device_info *info)
{
    return json_pack(
        "{si si si ss ss ss ss ss ss sb sb ss sI sI sI sI sI sI sI sb so}", "index", info->index,
        "platform_index", info->platform_index, "platform_device", info->platform_device,
        "platform", info->platform, "name", info->name, "vendor", info->vendor, "driver",
        info->driver, "version", info->version, "type", dam_device_type_name(info->type), "default",
        info->is_default, "usable", info->usable, "reason", info->reason, "global_memory",
        (json_int_t)info->global_memory, "largest_allocation", (json_int_t)info->largest_allocation,
        "local_memory", (json_int_t)info->local_memory, "compute_units",
        (json_int_t)info->compute_units, "clock_mhz", (json_int_t)info->clock, "largest_work_group",
        (json_int_t)info->largest_work_group, "native_float_lanes",
        (json_int_t)info->native_float_width, "fp64", info->fp64, "products", products_json(info));
}

static dam_status print_devices_json(const dam_device_info *infos, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, device_json(&infos[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return print_json(list);
}

/* "3.8 GiB". */
static void format_bytes(char *text, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1024;
    (void)snprintf(text, size, "%.*f %s", unit > 0 && value < 100 ? 1 : 0, value, units[unit]);
}

typedef struct widths {
    int type, name;
} widths;

static widths table_widths(const dam_device_info *infos, size_t count)
{
    enum { OTHER_COLUMNS = 40 }; /* marker, index, P:D, units, MHz, memory and the gaps */
    widths w = {.type = 4, .name = 4};
    for (size_t i = 0; i < count; i++) {
        int type = (int)strlen(dam_device_type_name(infos[i].type));
        int name = (int)strlen(infos[i].name);
        w.type = type > w.type ? type : w.type;
        w.name = name > w.name ? name : w.name;
    }
    int most = LINE_WIDTH - OTHER_COLUMNS - w.type;
    w.name = w.name < most ? w.name : most;
    return w;
}

/* ", products by CLBlast 1.6.2 with safe parameters in double precision" */
static void append_products(dam__text *line, const dam_device_info *info)
{
    char version[DAM__CLBLAST_VERSION];
    dam__gemm_facts facts;
    if (!find_products(info, &facts))
        return;
    if (facts.usual != DAM__GEMM_CLBLAST) {
        dam__text_append(line, ", products by %s", dam__gemm_provider_name(facts.usual));
        return;
    }
    dam__clblast_version(version);
    dam__text_append(line, ", products by CLBlast %s", version);
    bool single = facts.replaced[DAM__PRECISION_SINGLE];
    bool wide = facts.replaced[DAM__PRECISION_DOUBLE];
    if (single || wide)
        dam__text_append(line, " with safe parameters%s",
                         single && wide ? ""
                         : single       ? " in single precision"
                                        : " in double precision");
}

static void append_device(dam__text *text, const dam_device_info *info, widths w)
{
    enum { INDENT = 7 }; /* under P:D */
    dam__text line = {0};
    char place[32], memory[32];
    int length = (int)strlen(info->name), shown = length > w.name ? w.name - 3 : length;
    (void)snprintf(place, sizeof place, "%d:%d", info->platform_index, info->platform_device);
    format_bytes(memory, sizeof memory, info->global_memory);
    dam__text_append(text, "%c %3d  %-4s  %-*s  %.*s%-*s  %5" PRIu32 "  %5" PRIu32 "  %9s\n",
                     info->is_default ? '*' : ' ', info->index, place, w.type,
                     dam_device_type_name(info->type), shown, info->name, w.name - shown,
                     length > shown ? "..." : "", info->compute_units, info->clock, memory);
    dam__text_append(&line, "%s, driver %s, vectors of %" PRIu32 " float%s, %s", info->platform,
                     info->driver, info->native_float_width,
                     info->native_float_width == 1 ? "" : "s", info->fp64 ? "fp64" : "no fp64");
    append_products(&line, info);
    append_wrapped(text, 0, INDENT, dam__text_part(text, &line));
    line.length = 0;
    if (info->reason[0] != '\0') {
        dam__text_append(&line, "%s: %s", info->is_default ? "the default" : "not usable",
                         info->reason);
        append_wrapped(text, 0, INDENT, dam__text_part(text, &line));
    }
    dam__text_free(&line);
}

static dam_status print_devices_table(const dam_device_info *infos, size_t count)
{
    dam__text text = {0};
    widths w = table_widths(infos, count);
    dam__text_append(&text, "    #  P:D   %-*s  %-*s  units    MHz     memory\n", w.type, "type",
                     w.name, "name");
    for (size_t i = 0; i < count; i++)
        append_device(&text, &infos[i], w);
    return print_text(&text);
}

static dam_status run_devices(const arguments *args)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, first = 0;
    console notices = console_open(args->quiet);
    dam_log log = console_log(&notices);
    DAM_TRY_CLEANUP(dam_device_list(&infos, &count));
    if (args->device != NULL) {
        DAM_TRY_CLEANUP(dam_device_select(infos, count, args->device, &first));
        count = 1;
    } else if (dam_device_select(infos, count, NULL, &(size_t){0}) != DAM_OK) {
        dam__warn(&log, "no default: %s", dam_error());
    }
    status = args->json ? print_devices_json(infos + first, count)
                        : print_devices_table(infos + first, count);
cleanup:
    free(infos);
    return status;
}

static const flag flags[] = {
    FLAG("device", arguments, device, "D",
         "show only this device: an index, P:D, a part of its name, gpu or cpu"),
    FLAGS_PRINT};

static const char *const examples[] = {"denseam devices", "denseam devices --device gpu --json",
                                       NULL};

const command devices_command = {
    .name = "devices",
    .operands = "",
    .summary = "list the OpenCL devices, and which is the default and why",
    .text = "Lists the OpenCL devices of this machine and what each can do. A star marks the "
            "default: $DENSEAM_DEVICE where it is set, else the GPU with the most compute units x "
            "clock, else an accelerator, else the CPU driver with the widest float vectors. Where "
            "there is none, it says what was looked at and what to install. Of each it tells who "
            "multiplies matrices there, and whether CLBlast must be kept from parameters that it "
            "has for the device and that give wrong products.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_devices,
};
