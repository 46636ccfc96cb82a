#include "draw/film.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "draw/gif.h"
#include "draw/sheet.h"
#include "model/memory_classes.h"

enum {
    FEW_MEMORIES = 100, /* more get smaller tiles in a film */
    TILE = 56,
    SMALL_TILE = 28,
    SHEET_ROWS = 10,
    SHEET_COLUMNS = 16,
    CAPTION_BYTES = 80,
    FILM_HUNDREDTHS = 2000, /* what all frames but the last take, within these bounds each */
    LEAST_HUNDREDTHS = 6,
    MOST_HUNDREDTHS = 60,
    LAST_HUNDREDTHS = 300
};

/* Item i of `wanted` chosen evenly from `count`, the first and the last among them. */
static size_t evenly(size_t i, size_t wanted, size_t count)
{
    return wanted > 1 ? i * (count - 1) / (wanted - 1) : count - 1;
}

/* --- places --------------------------------------------------------------------------------------- */

/* Classes and purities of a frame's memories; all of class -1 where the model has no classes. */
static dam_status frame_classes(const dam__record *record, size_t frame, int32_t *labels,
                                float *purity)
{
    dam_status status = DAM_OK;
    double *weights = NULL;
    size_t rows = (size_t)record->frames[frame].rows, columns = record->columns;
    DAM_TRY_CLEANUP(dam__alloc(columns * (rows + 1), sizeof *weights, &weights));
    for (size_t i = 0; i < rows; i++)
        for (size_t y = 0; y < columns; y++)
            weights[y * (rows + 1) + i] = (double)dam__record_weights(record, frame, i)[y];
    if (columns > 0) {
        dam__memory_classes(weights, columns, rows, labels, purity);
        goto cleanup;
    }
    for (size_t i = 0; i < rows; i++) {
        labels[i] = -1;
        purity[i] = 0;
    }
cleanup:
    free(weights);
    return status;
}

/* The family tree: each memory's latest twin, and the twin of its parent before it. */
typedef struct tree {
    int32_t *latest, *earlier; /* -1: none */
} tree;

typedef struct root {
    int32_t memory, label;
} root;

static int compare_roots(const void *a, const void *b)
{
    const root *first = a, *second = b;
    if (first->label != second->label)
        return first->label < second->label ? -1 : 1;
    return first->memory < second->memory ? -1 : first->memory > second->memory;
}

/* Appends a family: a memory, then the families of its twins, the latest first. */
static size_t append_family(const dam__record *record, const tree *kin, int32_t first,
                            int32_t *places, size_t count)
{
    int32_t memory = first;
    for (;;) {
        places[count++] = memory;
        if (kin->latest[memory] >= 0) {
            memory = kin->latest[memory];
            continue;
        }
        while (memory != first && kin->earlier[memory] < 0)
            memory = record->parents[memory];
        if (memory == first)
            return count;
        memory = kin->earlier[memory];
    }
}

dam_status dam__film_places(const dam__record *record, int32_t **places, size_t *place_count,
                            size_t **families, size_t *family_count)
{
    dam_status status = DAM_OK;
    int32_t *labels = NULL;
    float *purity = NULL;
    tree kin = {0};
    root *roots = NULL;
    size_t last = record->frame_count - 1, count = (size_t)record->frames[last].rows;
    *places = NULL;
    *families = NULL;
    *place_count = *family_count = 0;
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *labels, &labels));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *purity, &purity));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *kin.latest, &kin.latest));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *kin.earlier, &kin.earlier));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *roots, &roots));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof **places, places));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof **families, families));
    DAM_TRY_CLEANUP(frame_classes(record, last, labels, purity));
    for (size_t i = 0; i < count; i++) {
        int32_t parent = record->parents[i];
        kin.latest[i] = kin.earlier[i] = -1;
        if (parent < 0) {
            roots[(*family_count)++] = (root){(int32_t)i, labels[i]};
        } else {
            kin.earlier[i] = kin.latest[parent];
            kin.latest[parent] = (int32_t)i;
        }
    }
    qsort(roots, *family_count, sizeof *roots, compare_roots);
    for (size_t i = 0; i < *family_count; i++) {
        (*families)[i] = *place_count;
        *place_count = append_family(record, &kin, roots[i].memory, *places, *place_count);
    }
cleanup:
    free(labels);
    free(purity);
    free(kin.latest);
    free(kin.earlier);
    free(roots);
    return status;
}

/* --- frames --------------------------------------------------------------------------------------- */

/* What a picture of memories is drawn from. */
typedef struct scene {
    float *memories, *purity;
    int32_t *labels, *places;
} scene;

static void scene_free(scene *s)
{
    free(s->memories);
    free(s->purity);
    free(s->labels);
    free(s->places);
}

static dam_status scene_create(size_t memories, size_t dim, size_t places, scene *out)
{
    size_t items = 0;
    DAM_TRY(dam__multiply(memories, dim, &items));
    DAM_TRY(dam__alloc(items, sizeof *out->memories, &out->memories));
    DAM_TRY(dam__alloc(memories, sizeof *out->purity, &out->purity));
    DAM_TRY(dam__alloc(memories, sizeof *out->labels, &out->labels));
    return dam__alloc(places, sizeof *out->places, &out->places);
}

/* "Epoch 12", the memories of a model that grows, "accuracy 95.12 %", with a separator between. */
static void write_caption(const dam__film *film, size_t frame, const char *separator,
                          char caption[CAPTION_BYTES])
{
    const dam__frame *shown = &film->record->frames[frame];
    double accuracy = NAN;
    if (shown->epoch > 0)
        accuracy =
            dam__history_value(film->history, (size_t)shown->epoch - 1, "validation_accuracy");
    int length = snprintf(caption, CAPTION_BYTES, "Epoch %d", shown->epoch);
    if (film->record->frames[film->record->frame_count - 1].stage > 0)
        length += snprintf(caption + length, (size_t)(CAPTION_BYTES - length), "%s%d memories",
                           separator, shown->memories);
    if (isfinite(accuracy))
        (void)snprintf(caption + length, (size_t)(CAPTION_BYTES - length), "%saccuracy %.2f %%",
                       separator, 100 * accuracy);
}

/* Blanks behind the shorter captions: all pictures of a film have one size. */
static size_t widest_caption(const dam__film *film)
{
    char caption[CAPTION_BYTES];
    size_t widest = 0;
    for (size_t i = 0; i < film->record->frame_count; i++) {
        write_caption(film, i, ", ", caption);
        widest = strlen(caption) > widest ? strlen(caption) : widest;
    }
    return widest;
}

static dam_status draw_frame(const dam__film *film, size_t frame, const int32_t *places,
                             size_t place_count, scene *s, dam__image *out)
{
    const dam__record *record = film->record;
    char caption[CAPTION_BYTES];
    int rows = record->frames[frame].rows;
    for (size_t i = 0; i < (size_t)rows; i++)
        dam__record_memory(record, frame, i, s->memories + i * record->dim);
    DAM_TRY(frame_classes(record, frame, s->labels, s->purity));
    for (size_t i = 0; i < place_count; i++)
        s->places[i] = places[i] < rows ? places[i] : -1;
    write_caption(film, frame, ", ", caption);
    size_t length = strlen(caption), widest = widest_caption(film);
    memset(caption + length, ' ', widest - length);
    caption[widest] = '\0';
    const dam__grid grid = {.memories = s->memories,
                            .count = (size_t)rows,
                            .dim = record->dim,
                            .height = film->height,
                            .width = film->width,
                            .pixels = film->pixels,
                            .labels = s->labels,
                            .certainty = s->purity,
                            .places = s->places,
                            .place_count = place_count,
                            .caption = caption,
                            .tile = place_count > FEW_MEMORIES ? SMALL_TILE : TILE};
    return dam__memory_grid(&grid, out);
}

/* Rows of the widest frame. */
static size_t most_rows(const dam__record *record)
{
    int most = 0;
    for (size_t i = 0; i < record->frame_count; i++)
        most = record->frames[i].rows > most ? record->frames[i].rows : most;
    return (size_t)most;
}

/* Of memories in colour: what is no shade of a palette is a cube of colours. */
static void add_cube(dam__colour colours[DAM__GRID_COLOURS])
{
    enum { FIRST = 6, REDS = 5, GREENS = 6, BLUES = 4, CUBE = REDS * GREENS * BLUES };
    _Static_assert(FIRST + CUBE <= DAM__GRID_COLOURS, "room for the cube");
    for (int i = 0; i < CUBE; i++)
        colours[FIRST + i] = (dam__colour){(uint8_t)(i / (GREENS * BLUES) * 255 / (REDS - 1)),
                                           (uint8_t)(i / BLUES % GREENS * 255 / (GREENS - 1)),
                                           (uint8_t)(i % BLUES * 255 / (BLUES - 1))};
}

dam_status dam__film_write(const dam__film *film, const char *path, size_t *frames)
{
    dam_status status = DAM_OK;
    const dam__record *record = film->record;
    dam__colour colours[DAM__GRID_COLOURS];
    int32_t *places = NULL;
    size_t *families = NULL, place_count = 0, family_count = 0;
    scene s = {0};
    dam__gif *gif = NULL;
    dam__image image = {0};
    size_t wanted = record->frame_count < DAM__FILM_FRAMES ? record->frame_count : DAM__FILM_FRAMES;
    int pause = FILM_HUNDREDTHS / (int)wanted;
    pause = pause < LEAST_HUNDREDTHS ? LEAST_HUNDREDTHS : pause;
    pause = pause > MOST_HUNDREDTHS ? MOST_HUNDREDTHS : pause;
    DAM_TRY_CLEANUP(dam__film_places(record, &places, &place_count, &families, &family_count));
    DAM_TRY_CLEANUP(scene_create(most_rows(record), record->dim, place_count, &s));
    dam__grid_colours(DAM__DIVERGING, colours);
    if (film->pixels != DAM__PIXELS_GREY)
        add_cube(colours);
    for (size_t i = 0; i < wanted; i++) {
        size_t frame = evenly(i, wanted, record->frame_count);
        dam__image_free(&image);
        DAM_TRY_CLEANUP(draw_frame(film, frame, places, place_count, &s, &image));
        if (gif == NULL)
            DAM_TRY_CLEANUP(
                dam__gif_create(image.width, image.height, colours, DAM__GRID_COLOURS, &gif));
        DAM_TRY_CLEANUP(dam__gif_add(gif, &image, i + 1 < wanted ? pause : LAST_HUNDREDTHS));
    }
    DAM_TRY_CLEANUP(dam__gif_write(gif, path));
    *frames = wanted;
cleanup:
    dam__image_free(&image);
    dam__gif_destroy(gif);
    scene_free(&s);
    free(places);
    free(families);
    return status;
}

/* --- the sheet ------------------------------------------------------------------------------------ */

/* The memories of the columns: whole families, chosen evenly, as many as fit. */
static size_t choose_columns(const int32_t *places, size_t place_count, const size_t *families,
                             size_t family_count, int32_t columns[SHEET_COLUMNS])
{
    if (family_count == 0)
        return 0;
    size_t count = 0, mean = (place_count + family_count - 1) / family_count;
    size_t wanted = mean < SHEET_COLUMNS ? SHEET_COLUMNS / mean : 1;
    wanted = wanted < family_count ? wanted : family_count;
    for (size_t i = 0; i < wanted; i++) {
        size_t family = (2 * i + 1) * family_count / (2 * wanted);
        size_t end = family + 1 < family_count ? families[family + 1] : place_count;
        for (size_t j = families[family]; j < end && count < SHEET_COLUMNS; j++)
            columns[count++] = places[j];
    }
    return count;
}

/* Fills row `row` of the sheet's scene with a frame's memories. */
static dam_status fill_row(const dam__record *record, size_t frame, const int32_t *columns,
                           size_t column_count, size_t row, scene *all, scene *whole)
{
    DAM_TRY(frame_classes(record, frame, whole->labels, whole->purity));
    for (size_t i = 0; i < column_count; i++) {
        size_t at = row * column_count + i;
        int32_t memory = columns[i];
        bool there = memory < record->frames[frame].rows;
        all->places[at] = there ? (int32_t)at : -1;
        if (!there)
            continue;
        dam__record_memory(record, frame, (size_t)memory, all->memories + at * record->dim);
        all->labels[at] = whole->labels[memory];
        all->purity[at] = whole->purity[memory];
    }
    return DAM_OK;
}

dam_status dam__film_sheet(const dam__film *film, const char *path)
{
    dam_status status = DAM_OK;
    const dam__record *record = film->record;
    int32_t *places = NULL, columns[SHEET_COLUMNS];
    size_t *families = NULL, place_count = 0, family_count = 0;
    char captions[SHEET_ROWS][CAPTION_BYTES], title[CAPTION_BYTES];
    const char *lines[SHEET_ROWS];
    scene all = {0}, whole = {0};
    dam__image image = {0};
    size_t rows = record->frame_count < SHEET_ROWS ? record->frame_count : SHEET_ROWS;
    DAM_TRY_CLEANUP(dam__film_places(record, &places, &place_count, &families, &family_count));
    size_t count = choose_columns(places, place_count, families, family_count, columns);
    DAM_TRY_CLEANUP(scene_create(rows * count, record->dim, rows * count, &all));
    DAM_TRY_CLEANUP(scene_create(most_rows(record), 1, 1, &whole));
    for (size_t row = 0; row < rows; row++) {
        size_t frame = evenly(row, rows, record->frame_count);
        DAM_TRY_CLEANUP(fill_row(record, frame, columns, count, row, &all, &whole));
        write_caption(film, frame, "\n", captions[row]);
        lines[row] = captions[row];
    }
    (void)snprintf(title, sizeof title, "%zu of %d memories over training", count,
                   record->frames[record->frame_count - 1].memories);
    const dam__grid grid = {.memories = all.memories,
                            .count = rows * count,
                            .dim = record->dim,
                            .height = film->height,
                            .width = film->width,
                            .pixels = film->pixels,
                            .labels = all.labels,
                            .certainty = all.purity,
                            .columns = count,
                            .places = all.places,
                            .place_count = rows * count,
                            .caption = title,
                            .row_captions = lines,
                            .tile = TILE};
    DAM_TRY_CLEANUP(dam__memory_grid(&grid, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    scene_free(&all);
    scene_free(&whole);
    free(places);
    free(families);
    return status;
}
