/* Pictures to one array: a file alone, or those of a folder. */
#include "store/picture_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/reader.h"

enum { LARGEST_FILE = 1 << 30 };

/* --- room ------------------------------------------------------------------------------------- */

static size_t pixels_of(const dam__gathering *g)
{
    return g->width * g->height;
}

static dam_status begin(dam__gathering *g, const char *name, const dam__picture *picture)
{
    const dam__reading *reading = g->reading;
    bool fixed = reading->width > 0;
    g->width = fixed ? reading->width : picture->width;
    g->height = fixed ? reading->height : picture->height;
    g->deep = picture->deep;
    g->channels = 1;
    DAM_TRY(dam__format(&g->first, "%s", name));
    return dam__array_create(g->deep ? DAM__I32 : DAM__U8, 3,
                             (const size_t[]){g->count, g->height, g->width}, g->out);
}

/* The first picture with colours: those before it, which are grey, get three equal levels. */
static dam_status add_colours(dam__gathering *g)
{
    dam__array *out = g->out;
    size_t item = dam__element_size(out->element), items = 0;
    DAM_TRY(dam__multiply(dam__array_items(out), 3 * item, &items));
    DAM_TRY(dam__grow(&out->data, items, 1));
    char *at = out->data;
    for (size_t i = g->done * pixels_of(g); i-- > 0;)
        for (size_t c = 3; c-- > 0;)
            memmove(at + (3 * i + c) * item, at + i * item, item);
    out->rank = 4;
    out->shape[3] = 3;
    g->channels = 3;
    return DAM_OK;
}

/* --- one picture ------------------------------------------------------------------------------ */

static dam_status refuse_size(const dam__gathering *g, const char *name,
                              const dam__picture *picture)
{
    return dam__fail(DAM_INPUT,
                     "'%s' has %zu x %zu pixels, but '%s' %zu x %zu; data.resize = \"%zux%zu\" "
                     "makes all alike",
                     name, picture->width, picture->height, g->first, g->width, g->height, g->width,
                     g->height);
}

/* To the size, depth and channels of the others. */
static dam_status adapt(dam__gathering *g, const char *name, dam__picture *picture)
{
    dam__reading *reading = g->reading;
    bool coloured = dam__picture_has_colours(picture);
    bool wanted =
        reading->colour == DAM__COLOUR_RGB || (reading->colour == DAM__COLOUR_AUTO && coloured);
    if (g->done == 0)
        DAM_TRY(begin(g, name, picture));
    if (picture->deep != g->deep)
        return dam__fail(DAM_INPUT, "'%s' has levels of %d bits, but '%s' of %d; save them alike",
                         name, picture->deep ? 16 : 8, g->first, g->deep ? 16 : 8);
    if (wanted && g->channels == 1)
        DAM_TRY(add_colours(g));
    reading->pictures.greyed += coloured && g->channels == 1;
    DAM_TRY(dam__picture_recolour(g->channels, picture));
    if (picture->width == g->width && picture->height == g->height)
        return DAM_OK;
    if (reading->width == 0)
        return refuse_size(g, name, picture);
    reading->pictures.resized++;
    return dam__picture_resize(g->width, g->height, picture);
}

static void put(dam__gathering *g, const dam__picture *picture)
{
    size_t items = pixels_of(g) * g->channels;
    if (g->deep) {
        int32_t *to = (int32_t *)g->out->data + g->done * items;
        for (size_t i = 0; i < items; i++)
            to[i] = ((const uint16_t *)picture->pixels)[i];
    } else {
        memcpy((uint8_t *)g->out->data + g->done * items, picture->pixels, items);
    }
    g->done++;
}

dam_status dam__gathering_add(dam__gathering *g, const char *name, const void *bytes, size_t length)
{
    dam_status status = DAM_OK;
    dam__picture picture = {0};
    DAM_TRY_CLEANUP(dam__picture_decode(name, bytes, length, &picture));
    DAM_TRY_CLEANUP(adapt(g, name, &picture));
    g->reading->pictures.are = true;
    g->reading->pictures.have_colours = g->channels == 3;
    g->reading->pictures.blended += picture.blended;
    put(g, &picture);
cleanup:
    dam__picture_free(&picture);
    return status;
}

void dam__gathering_end(dam__gathering *g, dam_status status)
{
    free(g->first);
    g->first = NULL;
    if (status != DAM_OK)
        dam__array_free(g->out);
}

/* --- files ------------------------------------------------------------------------------------ */

/* All bytes of a source, whose length is not known where it is packed. */
static dam_status take_all(dam__source *source, char **bytes, size_t *length)
{
    size_t room = source->packed ? 1 << 16 : source->most + 1, got = 0;
    *length = 0;
    for (;;) {
        if (room > LARGEST_FILE)
            return dam__fail(DAM_INPUT, "'%s' has over %d MiB, more than a picture is read of",
                             source->name, LARGEST_FILE >> 20);
        DAM_TRY(dam__grow(bytes, room, 1));
        DAM_TRY(dam__source_take(source, *bytes + *length, room - *length, &got, "its data"));
        *length += got;
        if (*length < room)
            return DAM_OK;
        room *= 2;
    }
}

dam_status dam__picture_read(dam__source *source, dam__array *out)
{
    dam_status status = DAM_OK;
    char *bytes = NULL;
    size_t length = 0;
    dam__gathering g = {.reading = &source->reading, .out = out, .count = 1};
    DAM_TRY_CLEANUP(take_all(source, &bytes, &length));
    DAM_TRY_CLEANUP(dam__gathering_add(&g, source->name, bytes, length));
    source->reading.there = 1;
cleanup:
    dam__gathering_end(&g, status);
    free(bytes);
    return status;
}

dam_status dam__picture_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    return dam__picture_read(&source, out);
}
