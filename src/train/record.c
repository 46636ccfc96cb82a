#include "train/record.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const double MOST_EPOCHS = 1e9;
enum { ZERO = 128, LARGEST = 127 }; /* of a level */

void dam__record_free(dam__record *record)
{
    free(record->frames);
    free(record->levels);
    free(record->scales);
    free(record->weights);
    free(record->parents);
    *record = (dam__record){0};
}

static size_t row_bytes(size_t dim, size_t columns)
{
    return dim + (1 + columns) * sizeof(float);
}

dam_status dam__record_check(size_t rows, size_t dim, size_t columns)
{
    size_t bytes = 0;
    dam_status status = dam__multiply(rows, row_bytes(dim, columns), &bytes);
    if (status == DAM_OK && bytes > DAM__FRAME_BYTES)
        status = dam__fail(DAM_USAGE,
                           "train.record_memories: a frame of %zu memories takes %.1f MiB, and at "
                           "most %d MiB are kept; at most %zu memories fit",
                           rows, (double)bytes / (1 << 20), DAM__FRAME_BYTES >> 20,
                           DAM__FRAME_BYTES / row_bytes(dim, columns));
    return status;
}

static int spacing_of(const dam__record *record, int every)
{
    int spread = record->spread > 0 ? record->spread : 1;
    return every > 0 && spread < INT32_MAX / every ? every * spread : INT32_MAX;
}

bool dam__record_due(const dam__record *record, int every, int epoch)
{
    return every > 0 && epoch % spacing_of(record, every) == 0;
}

/* --- adding --------------------------------------------------------------------------------------- */

/* Moves a frame's rows to row `to`, which is not behind them. */
static void move_rows(dam__record *record, dam__frame *frame, size_t to)
{
    size_t rows = (size_t)frame->rows, from = frame->first;
    memmove(record->levels + to * record->dim, record->levels + from * record->dim,
            rows * record->dim);
    memmove(record->scales + to, record->scales + from, rows * sizeof *record->scales);
    memmove(record->weights + to * record->columns, record->weights + from * record->columns,
            rows * record->columns * sizeof *record->weights);
    frame->first = to;
}

/* Keeps the frames that a record of twice the spacing would have, and those that begin a stage. */
static void thin(dam__record *record, int every)
{
    size_t frames = 0, rows = 0;
    int stage = 0;
    record->spread *= 2;
    for (size_t i = 0; i < record->frame_count; i++) {
        dam__frame frame = record->frames[i];
        bool begins = i == 0 || frame.stage != stage;
        stage = frame.stage;
        if (!begins && !dam__record_due(record, every, frame.epoch))
            continue;
        move_rows(record, &frame, rows);
        rows += (size_t)frame.rows;
        record->frames[frames++] = frame;
    }
    record->frame_count = frames;
    record->row_count = rows;
}

/*
 * Makes space for another frame's rows. *fits = false where all that is left begins a stage, or
 * where the frame is none that the record, at its new spacing, would have.
 */
static dam_status make_space(dam__record *record, const dam__frame *frame, int every, bool *fits)
{
    size_t rows = (size_t)frame->rows, count = record->frame_count;
    size_t bytes = record->limit > 0 ? record->limit : DAM__RECORD_BYTES;
    size_t most = bytes / row_bytes(record->dim, record->columns);
    bool begins = count == 0 || record->frames[count - 1].stage != frame->stage;
    int spread = record->spread;
    while (record->row_count + rows > most && record->spread < 1 << 30)
        thin(record, every);
    *fits = record->row_count + rows <= most &&
            (begins || record->spread == spread || dam__record_due(record, every, frame->epoch));
    size_t all = record->row_count + rows;
    DAM_TRY(dam__grow(&record->levels, all * record->dim, 1));
    DAM_TRY(dam__grow(&record->scales, all, sizeof *record->scales));
    DAM_TRY(dam__grow(&record->weights, all * record->columns, sizeof *record->weights));
    return dam__grow(&record->frames, record->frame_count + 1, sizeof *record->frames);
}

/* The memory's numbers as levels of the largest; false where one is not finite. */
static bool quantise(const double *values, size_t count, uint8_t *levels, float *scale)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(fabs(values[i]) <= FLT_MAX)) /* nor is NaN */
            return false;
        most = fmax(most, fabs(values[i]));
    }
    for (size_t i = 0; i < count; i++)
        levels[i] = (uint8_t)(ZERO + (most > 0 ? (int)lround(LARGEST * values[i] / most) : 0));
    *scale = (float)most;
    return true;
}

/* Memories that no split made have no parent. */
static dam_status add_first_memories(dam__record *record, int memories)
{
    size_t count = (size_t)memories;
    if (count <= record->parent_count)
        return DAM_OK;
    DAM_TRY(dam__grow(&record->parents, count, sizeof *record->parents));
    while (record->parent_count < count)
        record->parents[record->parent_count++] = -1;
    return DAM_OK;
}

static dam_status check_sizes(dam__record *record, const dam__frame *frame, size_t dim,
                              size_t columns)
{
    if (record->frame_count == 0) {
        record->dim = dim;
        record->columns = columns;
        record->spread = record->spread > 0 ? record->spread : 1;
    }
    if (record->dim != dim || record->columns != columns || frame->rows > frame->memories)
        return dam__fail(DAM_INPUT,
                         "the run's record is of memories of %zu features with %zu class weights, "
                         "not %zu and %zu",
                         record->dim, record->columns, dim, columns);
    return DAM_OK;
}

dam_status dam__record_add(dam__record *record, const dam__frame *frame, int every, size_t dim,
                           size_t columns, const double *memories, const double *weights)
{
    size_t rows = (size_t)frame->rows;
    bool fits = false;
    DAM_TRY(check_sizes(record, frame, dim, columns));
    DAM_TRY(add_first_memories(record, frame->memories));
    DAM_TRY(make_space(record, frame, every, &fits));
    if (!fits)
        return DAM_OK;
    size_t first = record->row_count;
    for (size_t i = 0; i < rows; i++)
        if (!quantise(memories + i * dim, dim, record->levels + (first + i) * dim,
                      &record->scales[first + i]))
            return dam__fail(DAM_DIVERGED, "memory %zu is not finite after epoch %d", i,
                             frame->epoch);
    for (size_t i = 0; i < rows * columns; i++) {
        if (!isfinite(weights[i]))
            return dam__fail(DAM_DIVERGED, "class weights are not finite after epoch %d",
                             frame->epoch);
        record->weights[first * columns + i] = (float)weights[i];
    }
    record->frames[record->frame_count] = *frame;
    record->frames[record->frame_count++].first = first;
    record->row_count += rows;
    return DAM_OK;
}

dam_status dam__record_split(dam__record *record, int before, const int *picked, int count)
{
    DAM_TRY(add_first_memories(record, before + count));
    for (int j = 0; j < count; j++)
        record->parents[before + j] = picked[j];
    return DAM_OK;
}

void dam__record_memory(const dam__record *record, size_t frame, size_t row, float *out)
{
    size_t at = record->frames[frame].first + row;
    const uint8_t *levels = record->levels + at * record->dim;
    for (size_t i = 0; i < record->dim; i++)
        out[i] = record->scales[at] * (float)(levels[i] - ZERO) / LARGEST;
}

const float *dam__record_weights(const dam__record *record, size_t frame, size_t row)
{
    return record->weights + (record->frames[frame].first + row) * record->columns;
}

/* --- the run file --------------------------------------------------------------------------------- */

/* The order of the numbers in a row of "record/frames". */
enum { EPOCH, STAGE, MEMORIES, ROWS, FRAME_ITEMS };

static dam_status save_items(dam__container *out, const char *name, dam__element element, int rank,
                             const size_t *shape, const void *items)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__array_create(element, rank, shape, &array));
    if (dam__array_items(&array) > 0)
        memcpy(array.data, items, dam__array_items(&array) * dam__element_size(element));
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

dam_status dam__record_save(const dam__record *record, dam__container *out)
{
    dam_status status = DAM_OK;
    int64_t *frames = NULL, spread = record->spread;
    size_t count = record->frame_count, rows = record->row_count;
    if (count == 0)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc(count * FRAME_ITEMS, sizeof *frames, &frames));
    for (size_t i = 0; i < count; i++) {
        frames[i * FRAME_ITEMS + EPOCH] = record->frames[i].epoch;
        frames[i * FRAME_ITEMS + STAGE] = record->frames[i].stage;
        frames[i * FRAME_ITEMS + MEMORIES] = record->frames[i].memories;
        frames[i * FRAME_ITEMS + ROWS] = record->frames[i].rows;
    }
    DAM_TRY_CLEANUP(save_items(out, "record/frames", DAM__I64, 2,
                               (const size_t[]){count, FRAME_ITEMS}, frames));
    DAM_TRY_CLEANUP(save_items(out, "record/spread", DAM__I64, 1, (const size_t[]){1}, &spread));
    DAM_TRY_CLEANUP(save_items(out, "record/memories", DAM__U8, 2,
                               (const size_t[]){rows, record->dim}, record->levels));
    DAM_TRY_CLEANUP(
        save_items(out, "record/scales", DAM__F32, 1, (const size_t[]){rows}, record->scales));
    DAM_TRY_CLEANUP(save_items(out, "record/class_weights", DAM__F32, 2,
                               (const size_t[]){rows, record->columns}, record->weights));
    DAM_TRY_CLEANUP(save_items(out, "record/parents", DAM__I32, 1,
                               (const size_t[]){record->parent_count}, record->parents));
cleanup:
    free(frames);
    return status;
}

/* A copy of the items of an array of that type and shape; SIZE_MAX stands for any length. */
static dam_status take(const dam__container *container, const char *name, dam__element element,
                       int rank, const size_t *shape, void *out)
{
    void *items = NULL;
    const dam__array *array = dam__container_array(container, name);
    bool right = array != NULL && array->element == element && array->rank == rank;
    for (int i = 0; right && i < rank; i++)
        right = shape[i] == SIZE_MAX || array->shape[i] == shape[i];
    if (!right)
        return dam__fail(DAM_INPUT,
                         "the run file's '%s' is missing or of another shape; use another copy",
                         name);
    size_t count = dam__array_items(array), size = dam__element_size(element);
    DAM_TRY(dam__alloc(count, size, &items));
    memcpy(items, array->data, count * size);
    memcpy(out, &items, sizeof items);
    return DAM_OK;
}

static dam_status restore_frames(const dam__container *container, dam__record *record)
{
    dam_status status = DAM_OK;
    int64_t *items = NULL, *spread = NULL;
    const dam__array *table = dam__container_array(container, "record/frames");
    DAM_TRY_CLEANUP(take(container, "record/frames", DAM__I64, 2,
                         (const size_t[]){SIZE_MAX, FRAME_ITEMS}, &items));
    DAM_TRY_CLEANUP(take(container, "record/spread", DAM__I64, 1, (const size_t[]){1}, &spread));
    size_t count = table->shape[0], rows = 0;
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *record->frames, &record->frames));
    bool right = count > 0 && *spread >= 1 && *spread <= 1 << 30;
    for (size_t i = 0; right && i < count; i++) {
        const int64_t *item = items + i * FRAME_ITEMS, *last = i > 0 ? item - FRAME_ITEMS : item;
        right = item[EPOCH] >= last[EPOCH] && item[EPOCH] >= 0 &&
                (double)item[EPOCH] <= MOST_EPOCHS && item[STAGE] >= last[STAGE] &&
                item[STAGE] >= 0 && (double)item[STAGE] <= MOST_EPOCHS &&
                item[MEMORIES] >= last[MEMORIES] && item[MEMORIES] >= 1 &&
                item[MEMORIES] <= INT32_MAX && item[ROWS] >= 1 && item[ROWS] <= item[MEMORIES] &&
                (size_t)item[ROWS] <= record->row_count;
        if (!right)
            break;
        record->frames[i] = (dam__frame){.epoch = (int)item[EPOCH],
                                         .stage = (int)item[STAGE],
                                         .memories = (int)item[MEMORIES],
                                         .rows = (int)item[ROWS],
                                         .first = rows};
        rows += (size_t)item[ROWS];
        right = rows <= record->row_count;
    }
    if (!right || rows != record->row_count)
        DAM_FAIL(DAM_INPUT, "the run file's record has impossible frames; use another copy");
    record->frame_count = count;
    record->spread = (int)*spread;
cleanup:
    free(items);
    free(spread);
    return status;
}

static dam_status restore_parents(const dam__container *container, dam__record *record)
{
    DAM_TRY(take(container, "record/parents", DAM__I32, 1, (const size_t[]){SIZE_MAX},
                 &record->parents));
    record->parent_count = dam__container_array(container, "record/parents")->shape[0];
    bool right = record->parent_count >= (size_t)record->frames[record->frame_count - 1].memories;
    for (size_t i = 0; right && i < record->parent_count; i++)
        right = record->parents[i] >= -1 && record->parents[i] < (int64_t)i;
    if (!right)
        return dam__fail(DAM_INPUT,
                         "the run file's record has impossible parents; use another copy");
    return DAM_OK;
}

static dam_status check_numbers(const dam__record *record)
{
    bool right = true;
    for (size_t i = 0; right && i < record->row_count; i++)
        right = isfinite(record->scales[i]) && record->scales[i] >= 0;
    for (size_t i = 0; right && i < record->row_count * record->columns; i++)
        right = isfinite(record->weights[i]);
    if (!right)
        return dam__fail(DAM_INPUT, "the run file's record has numbers that are not finite; use "
                                    "another copy");
    return DAM_OK;
}

dam_status dam__record_restore(const dam__container *container, dam__record *out)
{
    dam_status status = DAM_OK;
    dam__record record = {0};
    const dam__array *levels = dam__container_array(container, "record/memories");
    const dam__array *weights = dam__container_array(container, "record/class_weights");
    *out = record;
    if (dam__container_array(container, "record/frames") == NULL)
        return DAM_OK;
    DAM_TRY_CLEANUP(take(container, "record/memories", DAM__U8, 2,
                         (const size_t[]){SIZE_MAX, SIZE_MAX}, &record.levels));
    record.row_count = levels->shape[0];
    record.dim = levels->shape[1];
    DAM_TRY_CLEANUP(take(container, "record/class_weights", DAM__F32, 2,
                         (const size_t[]){record.row_count, SIZE_MAX}, &record.weights));
    record.columns = weights->shape[1];
    DAM_TRY_CLEANUP(take(container, "record/scales", DAM__F32, 1,
                         (const size_t[]){record.row_count}, &record.scales));
    DAM_TRY_CLEANUP(restore_frames(container, &record));
    DAM_TRY_CLEANUP(restore_parents(container, &record));
    DAM_TRY_CLEANUP(check_numbers(&record));
    *out = record;
    record = (dam__record){0};
cleanup:
    dam__record_free(&record);
    return status;
}
