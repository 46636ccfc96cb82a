#include "data/feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/program.h"
#include "compute/random.h"
#include "data/patches.h"

/*
 * Raw rows go up in pieces of at most this many bytes: the staging of a resident set, and a chunk
 * of a streamed one.
 */
enum { PIECE_BYTES = 16 * 1024 * 1024 };

enum { SLOTS = 2 }; /* double buffering */

/* Samples of test splits are numbered from here on, apart from those trained on. */
#define TEST_NUMBERS 0x80000000u

/* A piece of the set on its way to the device. */
struct slot {
    char *staging;              /* host: raw rows */
    int32_t *labels;            /* host */
    dam__buffer *raw;           /* device: raw rows */
    dam__matrix samples;        /* device: prepared rows (streaming only) */
    dam__buffer *device_labels; /* (streaming only) */
    dam__fence fence;           /* passed once the staging was copied */
};

struct dam__feed {
    dam__device *device;
    const dam__dataset *set;   /* the first, */
    const dam__dataset **sets; /* and those of all problems */
    uint64_t *seeds;
    int problems;
    dam__feed_options options; /* its sets and seeds are those above */
    size_t row_bytes;          /* of a raw sample */
    int piece;                 /* rows of a slot: whole batches when streaming */
    int steps;                 /* of an epoch */
    int batches;               /* of the whole range */
    struct slot slots[SLOTS];
    dam__matrix resident; /* the prepared sets (not streaming); one where all problems share it */
    dam__buffer *resident_labels, *order;
    int32_t *leaders;     /* of each problem, the first with its seed and set */
    dam__buffer *offsets; /* of several problems: leaders times count */
    dam__matrix gathered; /* one batch of its own (shuffled, not indexed, not streaming; or cut) */
    dam__buffer *gathered_labels;
    dam__buffer *images; /* what patches are cut from (not streaming) */
    dam__program *program;
    dam__kernel *sphere, *states, *plain, *make_order, *gather, *cut_patches;
    int epoch, step;
    int filled;      /* streaming: pieces uploaded so far this epoch */
    bool is_ordered; /* `order` holds that of the epoch `ordered` */
    int ordered;
};

/* Whether batches are cut out of images on the device. */
static bool cuts(const dam__feed *feed)
{
    return feed->set->patches.size > 0 && !feed->options.stream;
}

static bool gathers(const dam__feed *feed)
{
    return !cuts(feed) && feed->options.shuffle && !feed->options.indexed && !feed->options.stream;
}

/* Whether the order of an epoch lies on the device, not only on the host. */
static bool keeps_order(const dam__feed *feed)
{
    return feed->options.shuffle && (!feed->options.stream || feed->options.input.numbered);
}

/* Columns of a prepared sample. */
static int width_of(const dam__feed *feed)
{
    return (int)feed->set->features + feed->options.input.classes;
}

static int smaller(int a, size_t b)
{
    return (size_t)a < b ? a : (int)b;
}

/* Keeps the sets and seeds of all problems. */
static dam_status take_problems(dam__feed *feed)
{
    const dam__feed_options *options = &feed->options;
    const dam__dataset *first = feed->set;
    feed->problems = options->problems > 0 ? options->problems : 1;
    DAM_TRY(dam__alloc((size_t)feed->problems, sizeof *feed->leaders, &feed->leaders));
    DAM_TRY(dam__alloc((size_t)feed->problems, sizeof *feed->sets, &feed->sets));
    DAM_TRY(dam__alloc((size_t)feed->problems, sizeof *feed->seeds, &feed->seeds));
    for (int p = 0; p < feed->problems; p++) {
        const dam__dataset *set = options->problems > 0 ? options->sets[p] : first;
        feed->sets[p] = set;
        feed->seeds[p] = options->problems > 0 ? options->seeds[p] : options->seed;
        if (set->count != first->count || set->features != first->features ||
            set->samples.element != first->samples.element)
            return dam__fail(DAM_INTERNAL,
                             "problems of one model have samples of different shapes");
        while (feed->sets[feed->leaders[p]] != set ||
               feed->seeds[feed->leaders[p]] != feed->seeds[p])
            feed->leaders[p]++;
    }
    bool fits = !options->stream && first->patches.size == 0 && options->input.classes == 0 &&
                (options->indexed || !options->shuffle);
    if (feed->problems > 1 && !fits)
        return dam__fail(DAM_INTERNAL,
                         "samples of problems side by side are neither streamed nor cut");
    if ((double)feed->problems * (double)options->count > INT32_MAX)
        return dam__fail(DAM_NO_MEMORY, "%d problems of %zu samples are too many", feed->problems,
                         options->count);
    return DAM_OK;
}

/* How many matrices of samples there are. */
static int resident_sets(const dam__feed *feed)
{
    for (int p = 1; p < feed->problems; p++)
        if (feed->sets[p] != feed->set || !feed->options.input.shared)
            return feed->problems;
    return 1;
}

dam_status dam__feed_create(dam__device *device, const dam__dataset *set,
                            const dam__feed_options *options, dam__feed **out)
{
    dam_status status = DAM_OK;
    dam__feed *feed = NULL;
    if (options->count == 0 || options->first + options->count > set->count)
        DAM_FAIL(DAM_INPUT,
                 "'%s': no samples are left in this part of its %zu; "
                 "change data.samples or data.validation",
                 set->name, set->count);
    if (options->count > INT32_MAX || set->features > INT32_MAX / 4)
        DAM_FAIL(DAM_INPUT, "'%s' has more than 2^31 samples or 2^29 features", set->name);
    if ((options->input.states || options->input.plain) && set->patches.size > 0)
        DAM_FAIL(DAM_INTERNAL, "patches are made unit vectors");
    bool full = options->input.full && options->shuffle;
    if (full && (size_t)options->batch > options->count)
        DAM_FAIL(DAM_USAGE,
                 "train.batch = %d is more than the %zu training samples of '%s'; batches of this "
                 "model are full: lower it",
                 options->batch, options->count, set->name);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *feed, &feed));
    feed->device = device;
    feed->set = set;
    feed->options = *options;
    feed->options.batch = smaller(options->batch, options->count);
    feed->row_bytes = set->features * dam__element_size(set->samples.element);
    feed->batches =
        (int)((options->count + (size_t)feed->options.batch - 1) / (size_t)feed->options.batch);
    feed->steps = full ? (int)(options->count / (size_t)feed->options.batch) : feed->batches;
    size_t fitting = PIECE_BYTES / feed->row_bytes;
    int batches = (int)(fitting / (size_t)feed->options.batch);
    feed->piece = options->stream ? feed->options.batch * (batches > 0 ? batches : 1)
                                  : smaller((int)(fitting > 0 ? fitting : 1), options->count);
    feed->piece = smaller(feed->piece, (size_t)feed->options.batch * (size_t)feed->batches);
    DAM_TRY_CLEANUP(take_problems(feed));
    *out = feed;
    feed = NULL;
cleanup:
    dam__feed_destroy(feed);
    return status;
}

void dam__feed_destroy(dam__feed *feed)
{
    if (feed == NULL)
        return;
    /* The staging may still be on its way. */
    (void)dam__device_finish(feed->device);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &feed->slots[i];
        dam__fence_clear(&slot->fence);
        dam__buffer_destroy(slot->raw);
        dam__buffer_destroy(slot->samples.buffer);
        dam__buffer_destroy(slot->device_labels);
        free(slot->staging);
        free(slot->labels);
    }
    dam__buffer_destroy(feed->resident.buffer);
    dam__buffer_destroy(feed->resident_labels);
    dam__buffer_destroy(feed->order);
    dam__buffer_destroy(feed->gathered.buffer);
    dam__buffer_destroy(feed->gathered_labels);
    dam__buffer_destroy(feed->images);
    dam__program_destroy(feed->program);
    dam__buffer_destroy(feed->offsets);
    free(feed->leaders);
    free(feed->sets);
    free(feed->seeds);
    free(feed);
}

static size_t image_bytes(const dam__dataset *set)
{
    return set->patches.images * set->patches.height * set->patches.width *
           dam__element_size(set->samples.element);
}

double dam__feed_resident_bytes(const dam__device *device, const dam__dataset *set)
{
    if (set->patches.size > 0)
        return (double)image_bytes(set);
    return (double)set->count * (double)set->features * (double)dam__real_size(device);
}

static dam_status plan_images(dam__feed *feed, dam__plan *plan)
{
    DAM_TRY(dam__plan_buffer(plan, "samples: images", image_bytes(feed->set), &feed->images));
    if (feed->options.shuffle)
        DAM_TRY(dam__plan_buffer(plan, "order of the epoch", feed->options.count * sizeof(int32_t),
                                 &feed->order));
    return dam__plan_matrix(plan, "batch", feed->options.batch, (int)feed->set->features, 1,
                            &feed->gathered);
}

dam_status dam__feed_plan(dam__feed *feed, dam__plan *plan)
{
    if (cuts(feed))
        return plan_images(feed, plan);
    int dim = width_of(feed), count = (int)feed->options.count;
    size_t label = sizeof(int32_t);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &feed->slots[i];
        DAM_TRY(dam__plan_buffer(plan, "samples: raw piece", (size_t)feed->piece * feed->row_bytes,
                                 &slot->raw));
        if (!feed->options.stream)
            continue;
        DAM_TRY(
            dam__plan_matrix(plan, "samples: streamed piece", feed->piece, dim, 1, &slot->samples));
        DAM_TRY(dam__plan_buffer(plan, "labels: streamed piece", (size_t)feed->piece * label,
                                 &slot->device_labels));
    }
    if (keeps_order(feed))
        DAM_TRY(dam__plan_buffer(plan, "order of the epoch",
                                 (size_t)feed->problems * (size_t)count * label, &feed->order));
    if (feed->options.stream)
        return DAM_OK;
    if (feed->problems > 1)
        DAM_TRY(dam__plan_buffer(plan, "offsets of problems", (size_t)feed->problems * label,
                                 &feed->offsets));
    DAM_TRY(dam__plan_matrix(plan, "samples", count, dim, resident_sets(feed), &feed->resident));
    DAM_TRY(dam__plan_buffer(plan, "labels", (size_t)count * label, &feed->resident_labels));
    if (gathers(feed)) {
        DAM_TRY(dam__plan_matrix(plan, "batch", feed->options.batch, dim, 1, &feed->gathered));
        DAM_TRY(dam__plan_buffer(plan, "batch: labels", (size_t)feed->options.batch * label,
                                 &feed->gathered_labels));
    }
    return DAM_OK;
}

/* Raw samples of a slot into rows `first` of target, with labels of that first row on. */
static dam_status prepare_piece(dam__feed *feed, const struct slot *slot, int rows,
                                const dam__matrix *target, int first, const dam__buffer *labels)
{
    const dam__input *input = &feed->options.input;
    double elements = (double)rows * (double)feed->set->features;
    dam__range range = dam__range_groups(feed->device, (size_t)rows, 1);
    dam__work work = {.flops = 5 * elements,
                      .bytes = elements * (double)dam__real_size(feed->device)};
    if (!input->states)
        return dam__launch(
            input->plain ? feed->plain : feed->sphere, range, work,
            DAM_ARGUMENTS(slot->raw, target, feed->set->features, target->ld, first));
    return dam__launch(feed->states, range, work,
                       DAM_ARGUMENTS(slot->raw, labels, target, feed->set->features, input->classes,
                                     input->shows_label, target->ld, first));
}

/* Uploads `rows` raw samples from a slot's staging and prepares them into rows `first` of target.
 */
static dam_status upload_piece(dam__feed *feed, struct slot *slot, int rows,
                               const dam__matrix *target, int first, const dam__buffer *labels,
                               const char *what)
{
    DAM_TRY(dam__buffer_write(slot->raw, 0, slot->staging, (size_t)rows * feed->row_bytes, false,
                              what));
    DAM_TRY(prepare_piece(feed, slot, rows, target, first, labels));
    return dam__fence_set(feed->device, &slot->fence);
}

/* The raw sample at an index of a set's fed range becomes row `row` of a slot's staging. */
static void stage(const dam__feed *feed, const dam__dataset *set, struct slot *slot, int row,
                  size_t index)
{
    dam__dataset_copy(set, feed->options.first + index,
                      slot->staging + (size_t)row * feed->row_bytes);
}

static int32_t label_of(const dam__feed *feed, size_t index)
{
    return feed->set->labels != NULL ? feed->set->labels[feed->options.first + index] : 0;
}

/* The whole set of a problem, piece by piece; slots take turns, the first of them is `turn`'s. */
static dam_status load_set(dam__feed *feed, int problem, size_t *turn)
{
    size_t count = feed->options.count;
    for (size_t start = 0; start < count; start += (size_t)feed->piece) {
        struct slot *slot = &feed->slots[(*turn)++ % SLOTS];
        int rows = smaller(feed->piece, count - start);
        DAM_TRY(dam__fence_wait(feed->device, &slot->fence));
        for (int i = 0; i < rows; i++)
            stage(feed, feed->sets[problem], slot, i, start + (size_t)i);
        /* Matrices lie row behind row. */
        DAM_TRY(upload_piece(feed, slot, rows, &feed->resident,
                             (int)((size_t)problem * count + start), feed->resident_labels,
                             "samples (once)"));
    }
    return DAM_OK;
}

static dam_status write_offsets(dam__feed *feed)
{
    dam_status status = DAM_OK;
    int32_t *offsets = NULL;
    size_t problems = (size_t)feed->problems;
    DAM_TRY_CLEANUP(dam__alloc(problems, sizeof *offsets, &offsets));
    for (size_t p = 0; p < problems; p++)
        offsets[p] = feed->leaders[p] * (int32_t)feed->options.count;
    DAM_TRY_CLEANUP(dam__buffer_write(feed->offsets, 0, offsets, problems * sizeof *offsets, true,
                                      "offsets of problems"));
cleanup:
    free(offsets);
    return status;
}

static dam_status load_resident(dam__feed *feed)
{
    dam_status status = DAM_OK;
    int32_t *labels = NULL;
    size_t count = feed->options.count, turn = 0;
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *labels, &labels));
    for (size_t i = 0; i < count; i++)
        labels[i] = label_of(feed, i);
    DAM_TRY_CLEANUP(dam__buffer_write(feed->resident_labels, 0, labels, count * sizeof *labels,
                                      true, "labels (once)"));
    for (int p = 0; p < resident_sets(feed); p++)
        DAM_TRY_CLEANUP(load_set(feed, p, &turn));
    if (feed->problems > 1)
        DAM_TRY_CLEANUP(write_offsets(feed));
cleanup:
    free(labels);
    return status;
}

static dam_status compile(dam__feed *feed)
{
    dam_status status = DAM_OK;
    const dam__dataset *set = feed->set;
    char *options = NULL;
    /* Datasets hold bytes or floats (data/dataset.h). */
    DAM_TRY_CLEANUP(dam__format(&options, "-DSOURCE=%s -DCENTRE=%d",
                                set->samples.element == DAM__U8 ? "uchar" : "float",
                                !set->on_sphere));
    if (cuts(feed)) {
        char *plain = options;
        options = NULL;
        status = dam__format(&options,
                             "%s -DPATCH=%zu -DPATCH_STRIDE=%zu -DIMAGE_HEIGHT=%zu "
                             "-DIMAGE_WIDTH=%zu",
                             plain, set->patches.size, set->patches.stride, set->patches.height,
                             set->patches.width);
        free(plain);
        DAM_TRY_CLEANUP(status);
    }
    DAM_TRY_CLEANUP(dam__program_create(feed->device, "data", options, &feed->program));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_sphere", &feed->sphere));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_states", &feed->states));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_plain", &feed->plain));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_order", &feed->make_order));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_gather", &feed->gather));
    DAM_TRY_CLEANUP(dam__program_kernel(feed->program, "data_patches", &feed->cut_patches));
cleanup:
    free(options);
    return status;
}

dam_status dam__feed_prepare(dam__feed *feed)
{
    DAM_TRY(compile(feed));
    if (cuts(feed))
        return dam__buffer_write(feed->images, 0, feed->set->samples.data, image_bytes(feed->set),
                                 true, "samples (once)");
    for (int i = 0; i < SLOTS; i++) {
        DAM_TRY(dam__alloc((size_t)feed->piece, feed->row_bytes, &feed->slots[i].staging));
        DAM_TRY(dam__alloc((size_t)feed->piece, sizeof(int32_t), &feed->slots[i].labels));
    }
    if (!feed->options.stream)
        DAM_TRY(load_resident(feed));
    return DAM_OK;
}

dam_status dam__feed_reload(dam__feed *feed, size_t count)
{
    size_t turn = 0, batch = (size_t)feed->options.batch;
    if (cuts(feed) || feed->options.shuffle || feed->problems > 1 || count == 0 ||
        count > feed->set->count)
        return dam__fail(DAM_INTERNAL, "a feed that cannot be loaded anew");
    feed->options.count = count;
    feed->steps = feed->batches = (int)((count + batch - 1) / batch);
    return feed->options.stream ? DAM_OK : load_set(feed, 0, &turn);
}

int dam__feed_steps(const dam__feed *feed)
{
    return feed->steps;
}

int dam__feed_samples(const dam__feed *feed)
{
    return feed->steps < feed->batches ? feed->steps * feed->options.batch
                                       : (int)feed->options.count;
}

int dam__feed_range(const dam__feed *feed)
{
    return (int)feed->options.count;
}

int dam__feed_batches(const dam__feed *feed)
{
    return feed->batches;
}

/* The sample at a place of this epoch. */
static size_t sample_at(const dam__feed *feed, size_t place)
{
    if (!feed->options.shuffle)
        return place;
    return dam__permuted(feed->options.seed, (uint32_t)feed->epoch, (uint32_t)feed->options.count,
                         (uint32_t)place);
}

/* Queues piece number `number` of this epoch into its slot. */
static dam_status stream_piece(dam__feed *feed, int number)
{
    struct slot *slot = &feed->slots[number % SLOTS];
    size_t start = (size_t)number * (size_t)feed->piece;
    int rows = smaller(feed->piece, feed->options.count - start);
    DAM_TRY(dam__fence_wait(feed->device, &slot->fence));
    for (int i = 0; i < rows; i++) {
        size_t sample = sample_at(feed, start + (size_t)i);
        stage(feed, feed->set, slot, i, sample);
        slot->labels[i] = label_of(feed, sample);
    }
    DAM_TRY(dam__buffer_write(slot->device_labels, 0, slot->labels,
                              (size_t)rows * sizeof *slot->labels, false, "labels (streamed)"));
    return upload_piece(feed, slot, rows, &slot->samples, 0, slot->device_labels,
                        "samples (streamed)");
}

static dam_status make_order(dam__feed *feed, int problem, int epoch)
{
    enum { MOST_ITEMS = 16384 }; /* enough to fill a GPU; a CPU driver pays for each */
    uint32_t count = (uint32_t)feed->options.count;
    uint32_t side = (uint32_t)sqrt((double)count);
    uint64_t seed = feed->seeds[problem];
    while ((uint64_t)side * side < count)
        side++;
    return dam__launch(feed->make_order,
                       dam__range_items(feed->device, count < MOST_ITEMS ? count : MOST_ITEMS, 1),
                       (dam__work){.bytes = 4.0 * count},
                       DAM_ARGUMENTS(feed->order, (uint32_t)problem * count, count, side, epoch,
                                     dam__arg_seed(seed), DAM__STREAM_ORDER));
}

dam_status dam__feed_begin(dam__feed *feed, int epoch, int step)
{
    feed->epoch = epoch;
    feed->step = step;
    if (feed->options.stream) {
        feed->filled = step * feed->options.batch / feed->piece;
        DAM_TRY(stream_piece(feed, feed->filled++));
    }
    if (keeps_order(feed) && (!feed->is_ordered || feed->ordered != epoch)) {
        for (int p = 0; p < feed->problems; p++)
            if (feed->leaders[p] == p)
                DAM_TRY(make_order(feed, p, epoch));
        feed->is_ordered = true;
        feed->ordered = epoch;
    }
    return DAM_OK;
}

static dam_status next_streamed(dam__feed *feed, int start, dam__batch *out)
{
    int number = start / feed->piece;
    struct slot *slot = &feed->slots[number % SLOTS];
    *out = (dam__batch){.samples = &slot->samples,
                        .labels = slot->device_labels,
                        .first = start % feed->piece,
                        .size = smaller(feed->options.batch, feed->options.count - (size_t)start)};
    /* While the device works on this piece, the host prepares the next into the other slot, whose
     * last batch was queued before: the queue is in order, so it is not overwritten too early. */
    bool more = (size_t)(number + 1) * (size_t)feed->piece < feed->options.count;
    if (more && feed->filled == number + 1)
        DAM_TRY(stream_piece(feed, feed->filled++));
    return DAM_OK;
}

static dam_status next_gathered(dam__feed *feed, int start, int size, dam__batch *out)
{
    double bytes = 2.0 * size * width_of(feed) * (double)dam__real_size(feed->device);
    *out = (dam__batch){
        .samples = &feed->gathered, .labels = feed->gathered_labels, .first = 0, .size = size};
    return dam__launch(
        feed->gather, dam__range_groups(feed->device, (size_t)size, 1), (dam__work){.bytes = bytes},
        DAM_ARGUMENTS(&feed->resident, feed->resident_labels, feed->order, &feed->gathered,
                      feed->gathered_labels, start, feed->resident.ld, 1));
}

static dam_status next_cut(dam__feed *feed, int start, int size, dam__batch *out)
{
    const dam__dataset *set = feed->set;
    double items = (double)size * (double)set->features;
    *out = (dam__batch){.samples = &feed->gathered, .first = 0, .size = size};
    return dam__launch(
        feed->cut_patches, dam__range_groups(feed->device, (size_t)size, 1),
        (dam__work){.flops = 5 * items, .bytes = items * (double)dam__real_size(feed->device)},
        DAM_ARGUMENTS(feed->images, feed->order != NULL ? feed->order : feed->images,
                      &feed->gathered, feed->order != NULL, start, feed->options.first,
                      set->patches.multiplier, set->count, feed->gathered.ld));
}

dam_status dam__feed_next(dam__feed *feed, dam__batch *out)
{
    int start = feed->step++ * feed->options.batch;
    int size = smaller(feed->options.batch, feed->options.count - (size_t)start);
    if (feed->options.stream)
        DAM_TRY(next_streamed(feed, start, out));
    else if (cuts(feed))
        DAM_TRY(next_cut(feed, start, size, out));
    else if (gathers(feed))
        DAM_TRY(next_gathered(feed, start, size, out));
    else
        *out = (dam__batch){.samples = &feed->resident,
                            .labels = feed->resident_labels,
                            .rows = feed->options.shuffle ? feed->order : NULL,
                            .first = start,
                            .size = size};
    if (feed->set->labels == NULL || feed->problems > 1)
        out->labels = NULL;
    out->offsets = feed->options.shuffle ? feed->offsets : NULL;
    out->stride = (int)feed->options.count;
    out->order = feed->options.shuffle ? feed->order : NULL;
    out->place = start;
    out->base = (uint32_t)feed->options.first + (feed->set->held_out ? TEST_NUMBERS : 0);
    return DAM_OK;
}
