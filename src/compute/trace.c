/* When each kernel ran, as a file of Chrome's trace format (its "JSON object format"). */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/profile.h"

typedef struct event {
    double start, seconds, flops, bytes;
    uint32_t row;
    bool wall; /* start is the host's clock */
} event;

struct dam__trace {
    event *events; /* space for DAM__TRACE_EVENTS */
    size_t count, dropped;
    double ahead; /* of the host's clock before the device's, in seconds: the least seen */
};

dam_status dam__trace_create(dam__trace **out)
{
    dam_status status = DAM_OK;
    dam__trace *trace = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *trace, &trace));
    DAM_TRY_CLEANUP(dam__alloc(DAM__TRACE_EVENTS, sizeof *trace->events, &trace->events));
    trace->ahead = INFINITY;
    *out = trace;
    trace = NULL;
cleanup:
    dam__trace_destroy(trace);
    return status;
}

void dam__trace_destroy(dam__trace *trace)
{
    if (trace == NULL)
        return;
    free(trace->events);
    free(trace);
}

void dam__trace_clear(dam__trace *trace)
{
    if (trace != NULL)
        trace->count = trace->dropped = 0;
}

void dam__trace_add(dam__trace *trace, size_t row, bool wall, double start, double seconds,
                    double flops, double bytes)
{
    if (trace == NULL)
        return;
    if (trace->count == DAM__TRACE_EVENTS) {
        trace->dropped++;
        return;
    }
    trace->events[trace->count++] = (event){.start = start,
                                            .seconds = seconds,
                                            .flops = flops,
                                            .bytes = bytes,
                                            .row = (uint32_t)row,
                                            .wall = wall};
}

void dam__trace_align(dam__trace *trace, double device, double host)
{
    if (trace != NULL)
        trace->ahead = fmin(trace->ahead, host - device);
}

/* --- the file ----------------------------------------------------------------------------------- */

static int earlier_first(const void *a, const void *b)
{
    double x = ((const event *)a)->start, y = ((const event *)b)->start;
    return (x > y) - (x < y);
}

/* All on one clock: where no event had the device's, the host's will do. */
static void order_events(dam__trace *trace)
{
    double ahead = isfinite(trace->ahead) ? trace->ahead : 0;
    for (size_t i = 0; i < trace->count; i++) {
        trace->events[i].start -= trace->events[i].wall ? ahead : 0;
        trace->events[i].wall = false;
    }
    qsort(trace->events, trace->count, sizeof *trace->events, earlier_first);
}

/* A name as JSON, quotes included; names of devices come from drivers and need not be UTF-8. */
static void append_name(dam__text *text, const char *name)
{
    json_t *value = json_string(name);
    char *quoted = value != NULL ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    dam__text_append(text, "%s", quoted != NULL ? quoted : "\"device\"");
    free(quoted);
    json_decref(value);
}

static void append_head(dam__text *text, const char *device)
{
    static const char *const threads[] = {"kernels", "transfers"};
    dam__text_append(text, "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n"
                           "{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, "
                           "\"args\": {\"name\": ");
    append_name(text, device);
    dam__text_append(text, "}}");
    for (int i = 0; i < 2; i++)
        dam__text_append(text,
                         ",\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, "
                         "\"tid\": %d, \"args\": {\"name\": \"%s\"}}",
                         i + 1, threads[i]);
}

/* Times are microseconds. */
static void append_event(dam__text *text, const event *own, double first,
                         const dam__profile_row *row)
{
    dam__text_append(text, ",\n{\"name\": ");
    append_name(text, row->name);
    dam__text_append(text,
                     ", \"cat\": \"%s\", \"ph\": \"X\", \"pid\": 1, \"tid\": %d, "
                     "\"ts\": %.3f, \"dur\": %.3f, \"args\": {\"flops\": %.9g, "
                     "\"bytes\": %.9g}}",
                     row->transfer ? "transfer" : "kernel", row->transfer ? 2 : 1,
                     1e6 * (own->start - first), 1e6 * own->seconds, own->flops, own->bytes);
}

dam_status dam__trace_write(dam__trace *trace, const char *device, const dam__profile_row *rows,
                            const char *path, size_t *dropped)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    order_events(trace);
    append_head(&text, device);
    for (size_t i = 0; i < trace->count; i++)
        append_event(&text, &trace->events[i], trace->events[0].start, &rows[trace->events[i].row]);
    dam__text_append(&text, "\n]}\n");
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
    *dropped = trace->dropped;
cleanup:
    dam__text_free(&text);
    return status;
}
