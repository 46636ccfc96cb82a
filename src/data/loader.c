#include "data/loader.h"

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

struct dam__loader {
    dam__device *device;
    const dam__dataset *set;   /* the first, */
    const dam__dataset **sets; /* and those of all replicas */
    uint64_t *seeds;
    int replicas;
    dam__loader_options options; /* its sets and seeds are those above */
    size_t row_bytes;            /* of a raw sample */
    int piece;                   /* rows of a slot: whole batches when streaming */
    int steps;                   /* of an epoch */
    int batches;                 /* of the whole range */
    struct slot slots[SLOTS];
    dam__matrix resident; /* the prepared sets (not streaming); one where all replicas share it */
    dam__buffer *resident_labels, *order;
    int32_t *leaders;     /* of each replica, the first with its seed and set */
    dam__buffer *offsets; /* of several replicas: leaders times count */
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
static bool cuts(const dam__loader *loader)
{
    return loader->set->patches.size > 0 && !loader->options.stream;
}

static bool gathers(const dam__loader *loader)
{
    return !cuts(loader) && loader->options.shuffle && !loader->options.indexed &&
           !loader->options.stream;
}

/* Whether the order of an epoch lies on the device, not only on the host. */
static bool keeps_order(const dam__loader *loader)
{
    return loader->options.shuffle && (!loader->options.stream || loader->options.input.numbered);
}

/* Columns of a prepared sample. */
static int width_of(const dam__loader *loader)
{
    return (int)loader->set->features + loader->options.input.classes;
}

static int smaller(int a, size_t b)
{
    return (size_t)a < b ? a : (int)b;
}

/* Keeps the sets and seeds of all replicas. */
static dam_status take_replicas(dam__loader *loader)
{
    const dam__loader_options *options = &loader->options;
    const dam__dataset *first = loader->set;
    loader->replicas = options->replicas > 0 ? options->replicas : 1;
    DAM_TRY(dam__alloc((size_t)loader->replicas, sizeof *loader->leaders, &loader->leaders));
    DAM_TRY(dam__alloc((size_t)loader->replicas, sizeof *loader->sets, &loader->sets));
    DAM_TRY(dam__alloc((size_t)loader->replicas, sizeof *loader->seeds, &loader->seeds));
    for (int p = 0; p < loader->replicas; p++) {
        const dam__dataset *set = options->replicas > 0 ? options->sets[p] : first;
        loader->sets[p] = set;
        loader->seeds[p] = options->replicas > 0 ? options->seeds[p] : options->seed;
        if (set->count != first->count || set->features != first->features ||
            set->samples.element != first->samples.element)
            return dam__fail(DAM_INTERNAL,
                             "replicas of one model have samples of different shapes");
        while (loader->sets[loader->leaders[p]] != set ||
               loader->seeds[loader->leaders[p]] != loader->seeds[p])
            loader->leaders[p]++;
    }
    bool fits = !options->stream && first->patches.size == 0 && options->input.classes == 0 &&
                (options->indexed || !options->shuffle);
    if (loader->replicas > 1 && !fits)
        return dam__fail(DAM_INTERNAL,
                         "samples of replicas side by side are neither streamed nor cut");
    if ((double)loader->replicas * (double)options->count > INT32_MAX)
        return dam__fail(DAM_NO_MEMORY, "%d replicas of %zu samples are too many", loader->replicas,
                         options->count);
    return DAM_OK;
}

/* How many matrices of samples there are. */
static int resident_sets(const dam__loader *loader)
{
    for (int p = 1; p < loader->replicas; p++)
        if (loader->sets[p] != loader->set || !loader->options.input.shared)
            return loader->replicas;
    return 1;
}

dam_status dam__loader_create(dam__device *device, const dam__dataset *set,
                              const dam__loader_options *options, dam__loader **out)
{
    dam_status status = DAM_OK;
    dam__loader *loader = NULL;
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
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *loader, &loader));
    loader->device = device;
    loader->set = set;
    loader->options = *options;
    loader->options.batch = smaller(options->batch, options->count);
    loader->row_bytes = set->features * dam__element_size(set->samples.element);
    loader->batches =
        (int)((options->count + (size_t)loader->options.batch - 1) / (size_t)loader->options.batch);
    loader->steps = full ? (int)(options->count / (size_t)loader->options.batch) : loader->batches;
    size_t fitting = PIECE_BYTES / loader->row_bytes;
    int batches = (int)(fitting / (size_t)loader->options.batch);
    loader->piece = options->stream ? loader->options.batch * (batches > 0 ? batches : 1)
                                    : smaller((int)(fitting > 0 ? fitting : 1), options->count);
    loader->piece = smaller(loader->piece, (size_t)loader->options.batch * (size_t)loader->batches);
    DAM_TRY_CLEANUP(take_replicas(loader));
    *out = loader;
    loader = NULL;
cleanup:
    dam__loader_destroy(loader);
    return status;
}

void dam__loader_destroy(dam__loader *loader)
{
    if (loader == NULL)
        return;
    /* The staging may still be on its way. */
    dam__device_drain(loader->device);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &loader->slots[i];
        dam__fence_clear(&slot->fence);
        dam__buffer_destroy(slot->raw);
        dam__buffer_destroy(slot->samples.buffer);
        dam__buffer_destroy(slot->device_labels);
        free(slot->staging);
        free(slot->labels);
    }
    dam__buffer_destroy(loader->resident.buffer);
    dam__buffer_destroy(loader->resident_labels);
    dam__buffer_destroy(loader->order);
    dam__buffer_destroy(loader->gathered.buffer);
    dam__buffer_destroy(loader->gathered_labels);
    dam__buffer_destroy(loader->images);
    dam__program_destroy(loader->program);
    dam__buffer_destroy(loader->offsets);
    free(loader->leaders);
    free(loader->sets);
    free(loader->seeds);
    free(loader);
}

static size_t image_bytes(const dam__dataset *set)
{
    return set->patches.images * set->patches.height * set->patches.width *
           dam__element_size(set->samples.element);
}

double dam__loader_resident_bytes(const dam__device *device, const dam__dataset *set)
{
    if (set->patches.size > 0)
        return (double)image_bytes(set);
    return (double)set->count * (double)set->features * (double)dam__real_size(device);
}

static dam_status plan_images(dam__loader *loader, dam__plan *plan)
{
    DAM_TRY(dam__plan_buffer(plan, "samples: images", image_bytes(loader->set), &loader->images));
    if (loader->options.shuffle)
        DAM_TRY(dam__plan_buffer(plan, "order of the epoch",
                                 loader->options.count * sizeof(int32_t), &loader->order));
    return dam__plan_matrix(plan, "batch", loader->options.batch, (int)loader->set->features, 1,
                            &loader->gathered);
}

dam_status dam__loader_plan(dam__loader *loader, dam__plan *plan)
{
    if (cuts(loader))
        return plan_images(loader, plan);
    int dim = width_of(loader), count = (int)loader->options.count;
    size_t label = sizeof(int32_t);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &loader->slots[i];
        DAM_TRY(dam__plan_buffer(plan, "samples: raw piece",
                                 (size_t)loader->piece * loader->row_bytes, &slot->raw));
        if (!loader->options.stream)
            continue;
        DAM_TRY(dam__plan_matrix(plan, "samples: streamed piece", loader->piece, dim, 1,
                                 &slot->samples));
        DAM_TRY(dam__plan_buffer(plan, "labels: streamed piece", (size_t)loader->piece * label,
                                 &slot->device_labels));
    }
    if (keeps_order(loader))
        DAM_TRY(dam__plan_buffer(plan, "order of the epoch",
                                 (size_t)loader->replicas * (size_t)count * label, &loader->order));
    if (loader->options.stream)
        return DAM_OK;
    if (loader->replicas > 1)
        DAM_TRY(dam__plan_buffer(plan, "offsets of replicas", (size_t)loader->replicas * label,
                                 &loader->offsets));
    DAM_TRY(
        dam__plan_matrix(plan, "samples", count, dim, resident_sets(loader), &loader->resident));
    DAM_TRY(dam__plan_buffer(plan, "labels", (size_t)count * label, &loader->resident_labels));
    if (gathers(loader)) {
        DAM_TRY(dam__plan_matrix(plan, "batch", loader->options.batch, dim, 1, &loader->gathered));
        DAM_TRY(dam__plan_buffer(plan, "batch: labels", (size_t)loader->options.batch * label,
                                 &loader->gathered_labels));
    }
    return DAM_OK;
}

/* Raw samples of a slot into rows `first` of target, with labels of that first row on. */
static dam_status prepare_piece(dam__loader *loader, const struct slot *slot, int rows,
                                const dam__matrix *target, int first, const dam__buffer *labels)
{
    const dam__input *input = &loader->options.input;
    double elements = (double)rows * (double)loader->set->features;
    dam__range range = dam__range_groups(loader->device, (size_t)rows, 1);
    dam__work work = {.flops = 5 * elements,
                      .bytes = elements * (double)dam__real_size(loader->device)};
    if (!input->states)
        return dam__launch(
            input->plain ? loader->plain : loader->sphere, range, work,
            DAM_ARGUMENTS(slot->raw, target, loader->set->features, target->ld, first));
    return dam__launch(loader->states, range, work,
                       DAM_ARGUMENTS(slot->raw, labels, target, loader->set->features,
                                     input->classes, input->shows_label, target->ld, first));
}

/* Uploads `rows` raw samples from a slot's staging and prepares them into rows `first` of target.
 */
static dam_status upload_piece(dam__loader *loader, struct slot *slot, int rows,
                               const dam__matrix *target, int first, const dam__buffer *labels,
                               const char *what)
{
    DAM_TRY(dam__buffer_write(slot->raw, 0, slot->staging, (size_t)rows * loader->row_bytes, false,
                              what));
    DAM_TRY(prepare_piece(loader, slot, rows, target, first, labels));
    return dam__fence_set(loader->device, &slot->fence);
}

/* Copies the raw sample at an index of the loaded range to row `row` of a slot's staging memory. */
static void stage(const dam__loader *loader, const dam__dataset *set, struct slot *slot, int row,
                  size_t index)
{
    dam__dataset_copy(set, loader->options.first + index,
                      slot->staging + (size_t)row * loader->row_bytes);
}

static int32_t label_of(const dam__loader *loader, size_t index)
{
    return loader->set->labels != NULL ? loader->set->labels[loader->options.first + index] : 0;
}

/* Loads the whole set of a replica, piece by piece; *next counts the slots, which alternate. */
static dam_status load_set(dam__loader *loader, int replica, size_t *next)
{
    size_t count = loader->options.count;
    for (size_t start = 0; start < count; start += (size_t)loader->piece) {
        struct slot *slot = &loader->slots[(*next)++ % SLOTS];
        int rows = smaller(loader->piece, count - start);
        DAM_TRY(dam__fence_wait(loader->device, &slot->fence));
        for (int i = 0; i < rows; i++)
            stage(loader, loader->sets[replica], slot, i, start + (size_t)i);
        /* Matrices lie row behind row. */
        DAM_TRY(upload_piece(loader, slot, rows, &loader->resident,
                             (int)((size_t)replica * count + start), loader->resident_labels,
                             "samples (once)"));
    }
    return DAM_OK;
}

static dam_status write_offsets(dam__loader *loader)
{
    dam_status status = DAM_OK;
    int32_t *offsets = NULL;
    size_t replicas = (size_t)loader->replicas;
    DAM_TRY_CLEANUP(dam__alloc(replicas, sizeof *offsets, &offsets));
    for (size_t p = 0; p < replicas; p++)
        offsets[p] = loader->leaders[p] * (int32_t)loader->options.count;
    DAM_TRY_CLEANUP(dam__buffer_write(loader->offsets, 0, offsets, replicas * sizeof *offsets, true,
                                      "offsets of replicas"));
cleanup:
    free(offsets);
    return status;
}

static dam_status load_resident(dam__loader *loader)
{
    dam_status status = DAM_OK;
    int32_t *labels = NULL;
    size_t count = loader->options.count, next = 0;
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *labels, &labels));
    for (size_t i = 0; i < count; i++)
        labels[i] = label_of(loader, i);
    DAM_TRY_CLEANUP(dam__buffer_write(loader->resident_labels, 0, labels, count * sizeof *labels,
                                      true, "labels (once)"));
    for (int p = 0; p < resident_sets(loader); p++)
        DAM_TRY_CLEANUP(load_set(loader, p, &next));
    if (loader->replicas > 1)
        DAM_TRY_CLEANUP(write_offsets(loader));
cleanup:
    free(labels);
    return status;
}

static dam_status compile(dam__loader *loader)
{
    dam_status status = DAM_OK;
    const dam__dataset *set = loader->set;
    char *options = NULL;
    /* Datasets hold bytes or floats (data/dataset.h). */
    DAM_TRY_CLEANUP(dam__format(&options, "-DSOURCE=%s -DCENTRE=%d",
                                set->samples.element == DAM__U8 ? "uchar" : "float",
                                !set->on_sphere));
    if (cuts(loader)) {
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
    DAM_TRY_CLEANUP(dam__program_create(loader->device, "data", options, &loader->program));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_sphere", &loader->sphere));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_states", &loader->states));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_plain", &loader->plain));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_order", &loader->make_order));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_gather", &loader->gather));
    DAM_TRY_CLEANUP(dam__program_kernel(loader->program, "data_patches", &loader->cut_patches));
cleanup:
    free(options);
    return status;
}

dam_status dam__loader_prepare(dam__loader *loader)
{
    DAM_TRY(compile(loader));
    if (cuts(loader))
        return dam__buffer_write(loader->images, 0, loader->set->samples.data,
                                 image_bytes(loader->set), true, "samples (once)");
    for (int i = 0; i < SLOTS; i++) {
        DAM_TRY(dam__alloc((size_t)loader->piece, loader->row_bytes, &loader->slots[i].staging));
        DAM_TRY(dam__alloc((size_t)loader->piece, sizeof(int32_t), &loader->slots[i].labels));
    }
    if (!loader->options.stream)
        DAM_TRY(load_resident(loader));
    return DAM_OK;
}

dam_status dam__loader_reload(dam__loader *loader, size_t count)
{
    size_t next = 0, batch = (size_t)loader->options.batch;
    if (cuts(loader) || loader->options.shuffle || loader->replicas > 1 || count == 0 ||
        count > loader->set->count)
        return dam__fail(DAM_INTERNAL, "a loader that cannot be reloaded");
    loader->options.count = count;
    loader->steps = loader->batches = (int)((count + batch - 1) / batch);
    return loader->options.stream ? DAM_OK : load_set(loader, 0, &next);
}

int dam__loader_steps(const dam__loader *loader)
{
    return loader->steps;
}

int dam__loader_samples(const dam__loader *loader)
{
    return loader->steps < loader->batches ? loader->steps * loader->options.batch
                                           : (int)loader->options.count;
}

int dam__loader_range(const dam__loader *loader)
{
    return (int)loader->options.count;
}

int dam__loader_batches(const dam__loader *loader)
{
    return loader->batches;
}

int dam__loader_batch(const dam__loader *loader)
{
    return loader->options.batch;
}

/* The sample at a place of this epoch. */
static size_t sample_at(const dam__loader *loader, size_t place)
{
    if (!loader->options.shuffle)
        return place;
    return dam__permuted(loader->options.seed, (uint32_t)loader->epoch,
                         (uint32_t)loader->options.count, (uint32_t)place);
}

/* Queues piece number `number` of this epoch into its slot. */
static dam_status stream_piece(dam__loader *loader, int number)
{
    struct slot *slot = &loader->slots[number % SLOTS];
    size_t start = (size_t)number * (size_t)loader->piece;
    int rows = smaller(loader->piece, loader->options.count - start);
    DAM_TRY(dam__fence_wait(loader->device, &slot->fence));
    for (int i = 0; i < rows; i++) {
        size_t sample = sample_at(loader, start + (size_t)i);
        stage(loader, loader->set, slot, i, sample);
        slot->labels[i] = label_of(loader, sample);
    }
    DAM_TRY(dam__buffer_write(slot->device_labels, 0, slot->labels,
                              (size_t)rows * sizeof *slot->labels, false, "labels (streamed)"));
    return upload_piece(loader, slot, rows, &slot->samples, 0, slot->device_labels,
                        "samples (streamed)");
}

static dam_status make_order(dam__loader *loader, int replica, int epoch)
{
    enum { MOST_ITEMS = 16384 }; /* enough to fill a GPU; a CPU driver pays for each */
    uint32_t count = (uint32_t)loader->options.count;
    uint32_t side = (uint32_t)sqrt((double)count);
    uint32_t first = (uint32_t)replica * count;
    uint64_t seed = loader->seeds[replica];
    while ((uint64_t)side * side < count)
        side++;
    return dam__launch(loader->make_order,
                       dam__range_items(loader->device, count < MOST_ITEMS ? count : MOST_ITEMS, 1),
                       (dam__work){.bytes = 4.0 * count},
                       DAM_ARGUMENTS(loader->order, first, count, side, epoch, dam__arg_seed(seed),
                                     DAM__STREAM_ORDER));
}

dam_status dam__loader_begin(dam__loader *loader, int epoch, int step)
{
    loader->epoch = epoch;
    loader->step = step;
    if (loader->options.stream) {
        loader->filled = step * loader->options.batch / loader->piece;
        DAM_TRY(stream_piece(loader, loader->filled++));
    }
    if (keeps_order(loader) && (!loader->is_ordered || loader->ordered != epoch)) {
        for (int p = 0; p < loader->replicas; p++)
            if (loader->leaders[p] == p)
                DAM_TRY(make_order(loader, p, epoch));
        loader->is_ordered = true;
        loader->ordered = epoch;
    }
    return DAM_OK;
}

static dam_status next_streamed(dam__loader *loader, int start, dam__batch *out)
{
    int number = start / loader->piece;
    struct slot *slot = &loader->slots[number % SLOTS];
    *out =
        (dam__batch){.samples = &slot->samples,
                     .labels = slot->device_labels,
                     .first = start % loader->piece,
                     .size = smaller(loader->options.batch, loader->options.count - (size_t)start)};
    /* While the device works on this piece, the host prepares the next into the other slot, whose
     * last batch was queued before: the queue is in order, so it is not overwritten too early. */
    bool more = (size_t)(number + 1) * (size_t)loader->piece < loader->options.count;
    if (more && loader->filled == number + 1)
        DAM_TRY(stream_piece(loader, loader->filled++));
    return DAM_OK;
}

static dam_status next_gathered(dam__loader *loader, int start, int size, dam__batch *out)
{
    double bytes = 2.0 * size * width_of(loader) * (double)dam__real_size(loader->device);
    *out = (dam__batch){
        .samples = &loader->gathered, .labels = loader->gathered_labels, .first = 0, .size = size};
    return dam__launch(loader->gather, dam__range_groups(loader->device, (size_t)size, 1),
                       (dam__work){.bytes = bytes},
                       DAM_ARGUMENTS(&loader->resident, loader->resident_labels, loader->order,
                                     &loader->gathered, loader->gathered_labels, start,
                                     loader->resident.ld, 1));
}

static dam_status next_cut(dam__loader *loader, int start, int size, dam__batch *out)
{
    const dam__dataset *set = loader->set;
    double items = (double)size * (double)set->features;
    *out = (dam__batch){.samples = &loader->gathered, .first = 0, .size = size};
    return dam__launch(
        loader->cut_patches, dam__range_groups(loader->device, (size_t)size, 1),
        (dam__work){.flops = 5 * items, .bytes = items * (double)dam__real_size(loader->device)},
        DAM_ARGUMENTS(loader->images, loader->order != NULL ? loader->order : loader->images,
                      &loader->gathered, loader->order != NULL, start, loader->options.first,
                      set->patches.multiplier, set->count, loader->gathered.ld));
}

dam_status dam__loader_next(dam__loader *loader, dam__batch *out)
{
    int start = loader->step++ * loader->options.batch;
    int size = smaller(loader->options.batch, loader->options.count - (size_t)start);
    if (loader->options.stream)
        DAM_TRY(next_streamed(loader, start, out));
    else if (cuts(loader))
        DAM_TRY(next_cut(loader, start, size, out));
    else if (gathers(loader))
        DAM_TRY(next_gathered(loader, start, size, out));
    else
        *out = (dam__batch){.samples = &loader->resident,
                            .labels = loader->resident_labels,
                            .rows = loader->options.shuffle ? loader->order : NULL,
                            .first = start,
                            .size = size};
    if (loader->set->labels == NULL || loader->replicas > 1)
        out->labels = NULL;
    out->offsets = loader->options.shuffle ? loader->offsets : NULL;
    out->stride = (int)loader->options.count;
    out->order = loader->options.shuffle ? loader->order : NULL;
    out->place = start;
    out->base = (uint32_t)loader->options.first + (loader->set->held_out ? TEST_NUMBERS : 0);
    return DAM_OK;
}
