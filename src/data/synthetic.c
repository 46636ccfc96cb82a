#include "data/synthetic.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"

enum {
    CLASSES = 10,
    SIDE = 28,
    PIXELS = SIDE * SIDE,
    BLOCK = 16,              /* bytes of one Philox draw */
    BLOCKS = PIXELS / BLOCK, /* draws of an image's pixels; one more gives its label */
    KEY = 0                  /* its own seed: the data set does not depend on the run's seed */
};

_Static_assert(PIXELS % BLOCK == 0, "an image is whole draws");

/* Places of the stream: what the draws of one step are for. */
enum { PROTOTYPES, TRAIN_SAMPLES, TEST_SAMPLES };

bool dam__synthetic_asked(const dam__data_config *config)
{
    return strcmp(config->name, "random") == 0;
}

/* Draw `block` of image `index` as bytes, the same on every host. */
static void draw(uint32_t place, uint64_t index, uint32_t block, uint8_t bytes[BLOCK])
{
    uint32_t words[4];
    dam__random_words(KEY, DAM__STREAM_DATA, place, index * (BLOCKS + 1) + block, words);
    for (uint32_t i = 0; i < BLOCK; i++)
        bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
}

static void draw_image(uint32_t place, uint64_t index, uint8_t pixels[PIXELS])
{
    for (uint32_t block = 0; block < BLOCKS; block++)
        draw(place, index, block, pixels + (size_t)block * BLOCK);
}

static int32_t draw_label(uint32_t place, uint64_t index)
{
    uint32_t words[4];
    dam__random_words(KEY, DAM__STREAM_DATA, place, index * (BLOCKS + 1) + BLOCKS, words);
    return (int32_t)(words[0] % CLASSES);
}

static void fill(uint32_t place, dam__dataset *set)
{
    uint8_t prototypes[CLASSES][PIXELS], *pixels = set->samples.data;
    for (uint64_t y = 0; y < CLASSES; y++)
        draw_image(PROTOTYPES, y, prototypes[y]);
    for (size_t i = 0; i < set->count; i++, pixels += PIXELS) {
        set->labels[i] = draw_label(place, i);
        draw_image(place, i, pixels);
        for (int j = 0; j < PIXELS; j++)
            pixels[j] = (uint8_t)((pixels[j] + prototypes[set->labels[i]][j]) / 2);
    }
}

dam_status dam__synthetic_load(const dam__data_config *config, dam__split split, dam__dataset *out)
{
    dam_status status = DAM_OK;
    bool train = split == DAM__SPLIT_TRAIN;
    dam__dataset set = {.features = PIXELS, .height = SIDE, .width = SIDE, .classes = CLASSES};
    if (train && (config->samples < 0 || config->samples > DAM__SYNTHETIC_MOST))
        DAM_FAIL(DAM_INPUT, "data.samples = %d, but the set 'random' has at most %d samples",
                 config->samples, DAM__SYNTHETIC_MOST);
    size_t asked = config->samples > 0 ? (size_t)config->samples : DAM__SYNTHETIC_TRAIN;
    set.count = train ? asked : DAM__SYNTHETIC_TEST;
    (void)snprintf(set.name, sizeof set.name, "%s", config->name);
    DAM_TRY_CLEANUP(
        dam__array_create(DAM__U8, 2, (const size_t[]){set.count, PIXELS}, &set.samples));
    DAM_TRY_CLEANUP(dam__alloc(set.count, sizeof *set.labels, &set.labels));
    fill(train ? TRAIN_SAMPLES : TEST_SAMPLES, &set);
    *out = set;
    set = (dam__dataset){0};
cleanup:
    dam__dataset_free(&set);
    return status;
}
