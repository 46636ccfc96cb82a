#include "data/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/narrow.h"
#include "data/teacher.h"
#include "data/threshold.h"

/* Rows become columns: EMNIST, for one, has its letters on their side. */
static dam_status transpose(const char *path, dam__dataset *set)
{
    dam_status status = DAM_OK;
    size_t height = set->height, width = set->width;
    size_t item = dam__element_size(set->samples.element), bytes = set->features * item;
    size_t channels = dam__channels(set->pixels), pixels = height * width;
    char *image = NULL;
    if (height == 0)
        DAM_FAIL(DAM_INPUT, "'%s' holds no images to transpose; set data.transpose = \"no\"", path);
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &image));
    for (size_t i = 0; i < set->count; i++) {
        char *to = (char *)set->samples.data + i * bytes;
        memcpy(image, to, bytes);
        for (size_t at = 0; at < pixels; at++) {
            size_t turned = at % width * height + at / width;
            for (size_t c = 0; c < channels; c++)
                memcpy(to + dam__level_at(set->pixels, pixels, turned, c) * item,
                       image + dam__level_at(set->pixels, pixels, at, c) * item, item);
        }
    }
    set->height = width;
    set->width = height;
cleanup:
    free(image);
    return status;
}

/* Numbers from 0 to 1, or to 255, stay in their range; others change their sign. */
static void invert(dam__dataset *set)
{
    dam__survey *survey = &set->survey;
    uint8_t *bytes = set->samples.data;
    bool is_bytes = set->samples.element == DAM__U8, positive = survey->least >= 0;
    double about = is_bytes || (positive && survey->most > 1 && survey->most <= 255) ? 255
                   : positive && survey->most <= 1                                   ? 1
                                                                                     : 0;
    for (size_t i = 0; is_bytes && i < dam__array_items(&set->samples); i++)
        bytes[i] = (uint8_t)(255 - bytes[i]);
    set->is_turned = !is_bytes;
    set->turned_about = about;
    *survey = dam__survey_turned(survey, about);
}

/* The numbers of a run, of the training samples, or of these, which are trained on. */
static dam_status scale(const dam__data_config *config, const char *path, dam__dataset *set)
{
    const dam__scaler *scaler = config->scaler;
    if (!dam__scaler_asked(config))
        return DAM_OK;
    if (scaler == NULL && set->scaler.features == 0) {
        bool own = config->validation_images[0] != '\0';
        size_t held = own ? 0 : dam__dataset_held(set, config->validation);
        DAM_TRY(dam__scaler_measure(config, set, path, set->count - held, &set->scaler));
    }
    DAM_TRY(dam__scaler_apply(scaler != NULL ? scaler : &set->scaler, path, set));
    set->survey = dam__survey_of(&set->samples);
    return DAM_OK;
}

dam_status dam__dataset_prepare(const dam__data_config *config, const char *path, dam__dataset *set)
{
    bool levels = config->levels || dam__teacher_asked(config);
    if (config->transpose == DAM__TRANSPOSE_YES || set->is_upright)
        DAM_TRY(transpose(path, set));
    set->survey = dam__survey_of(&set->samples);
    if (config->invert)
        invert(set);
    DAM_TRY(scale(config, path, set));
    DAM_TRY(dam__threshold_choose(config->threshold, set));
    DAM_TRY(dam__threshold_apply(set));
    DAM_TRY(dam__dataset_narrow(levels, path, set));
    set->is_turned = false;
    return DAM_OK;
}
