#include "data/patterns.h"

#include <stdio.h>
#include <string.h>

#include "compute/random.h"

/* Its place of the stream; synthetic.c has those before it. */
enum { PATTERNS = 3, DRAW = 128 }; /* bits of a draw */

bool dam__patterns_asked(const dam__data_config *config)
{
    return strcmp(config->name, "patterns") == 0;
}

void dam__pattern(uint64_t seed, size_t index, size_t dim, float *out)
{
    uint32_t words[4] = {0};
    size_t draws = (dim + DRAW - 1) / DRAW;
    for (size_t j = 0; j < dim; j++) {
        size_t bit = j % DRAW;
        if (bit == 0)
            dam__random_words(seed, DAM__STREAM_DATA, PATTERNS, index * draws + j / DRAW, words);
        out[j] = (words[bit / 32] >> (bit % 32) & 1u) != 0 ? 1.0f : -1.0f;
    }
}

dam_status dam__patterns_load(const dam__data_config *config, uint64_t seed, dam__dataset *out)
{
    dam_status status = DAM_OK;
    dam__dataset set = {.count = config->samples > 0 ? (size_t)config->samples : DAM__PATTERNS,
                        .features = (size_t)config->dim};
    (void)snprintf(set.name, sizeof set.name, "%s", config->name);
    if (set.count > DAM__PATTERNS_ITEMS / set.features)
        DAM_FAIL(DAM_INPUT,
                 "data.samples = %zu patterns of data.dim = %zu are more than %d numbers",
                 set.count, set.features, DAM__PATTERNS_ITEMS);
    DAM_TRY_CLEANUP(
        dam__array_create(DAM__F32, 2, (const size_t[]){set.count, set.features}, &set.samples));
    for (size_t i = 0; i < set.count; i++)
        dam__pattern(seed, i, set.features, (float *)set.samples.data + i * set.features);
    *out = set;
    set = (dam__dataset){0};
cleanup:
    dam__dataset_free(&set);
    return status;
}
