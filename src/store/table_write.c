/* Tables: as CSV, and as NPY with one structured item a row. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/npy_write.h"
#include "store/reader.h"
#include "store/results.h"

enum { PIECE = 1 << 20, SINGLE_DIGITS = 9 }; /* bytes at once; those that tell all floats apart */

/* An array of a table, and the words that its numbers stand for. */
typedef struct column {
    const char *name;
    const dam__array *array;
    size_t width;     /* numbers in a row */
    size_t row_bytes; /* of the array */
    dam__text words_name;
    const dam__names *words; /* NULL: none */
    size_t characters;       /* of the longest word */
} column;

typedef struct table {
    column *columns;
    size_t count, rows;
} table;

static const char none[] = "none";

static void close_table(table *t)
{
    for (size_t i = 0; i < t->count; i++)
        dam__text_free(&t->columns[i].words_name);
    free(t->columns);
}

/* The list of NAME_names, and what its own column is called. */
static dam_status find_words(const dam__container *from, column *c)
{
    dam__text list = {0};
    dam__text_append(&list, "%s_names", c->name);
    dam__text_append(&c->words_name, "%s_name", c->name);
    dam_status status = dam__text_status(&list);
    if (status == DAM_OK)
        c->words = dam__container_list(from, list.data);
    dam__text_free(&list);
    c->characters = dam__npy_characters(none);
    for (size_t i = 0; c->words != NULL && i < c->words->count; i++)
        if (dam__npy_characters(c->words->items[i]) > c->characters)
            c->characters = dam__npy_characters(c->words->items[i]);
    return status == DAM_OK ? dam__text_status(&c->words_name) : status;
}

static dam_status open_table(const dam__container *from, table *out)
{
    DAM_TRY(dam__alloc(from->array_count, sizeof *out->columns, &out->columns));
    for (size_t i = 0; i < from->array_count; i++) {
        const dam__array *array = &from->arrays[i].array;
        column *c = &out->columns[out->count++];
        *c = (column){.name = from->arrays[i].name, .array = array, .width = 1};
        out->rows = i == 0 && array->rank > 0 ? array->shape[0] : out->rows;
        if (array->rank < 1 || array->rank > 2 || array->shape[0] != out->rows)
            return dam__fail(DAM_INTERNAL, "'%s' is no part of a table", c->name);
        c->width = array->rank == 2 ? array->shape[1] : 1;
        c->row_bytes = c->width * dam__element_size(array->element);
        DAM_TRY(find_words(from, c));
    }
    return DAM_OK;
}

static const char *word_at(const column *c, size_t row)
{
    double place = dam__array_at(c->array, row);
    return place >= 0 && place < (double)c->words->count ? c->words->items[(size_t)place] : none;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static void put_number(dam__csv *csv, const dam__array *array, size_t i)
{
    if (!dam__element_is_real(array->element))
        dam__csv_integer(csv, array->element == DAM__I64 ? ((const int64_t *)array->data)[i]
                                                         : (int64_t)dam__array_at(array, i));
    else
        dam__csv_real(csv, dam__array_at(array, i), array->element == DAM__F32 ? SINGLE_DIGITS : 0);
}

static void put_head(dam__csv *csv, const table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const column *c = &t->columns[i];
        for (size_t j = 0; j < c->width; j++) {
            dam__text name = {0};
            dam__text_append(&name, c->array->rank == 2 ? "%s_%zu" : "%s", c->name, j);
            dam__csv_text(csv, dam__text_part(&csv->text, &name));
            dam__text_free(&name);
        }
        if (c->words != NULL)
            dam__csv_text(csv, c->words_name.data);
    }
    dam__csv_end_row(csv);
}

static void put_row(dam__csv *csv, const table *t, size_t row)
{
    for (size_t i = 0; i < t->count; i++) {
        const column *c = &t->columns[i];
        for (size_t j = 0; j < c->width; j++)
            put_number(csv, c->array, row * c->width + j);
        if (c->words != NULL)
            dam__csv_text(csv, word_at(c, row));
    }
    dam__csv_end_row(csv);
}

/* Writes what has come together once it is much, or at the end. */
static dam_status pass_on(dam__text *text, size_t least, dam__temporary *to)
{
    DAM_TRY(dam__text_status(text));
    if (text->length == 0 || text->length < least)
        return DAM_OK;
    dam_status status = dam__temporary_write(to, text->data, text->length);
    text->length = 0;
    return status;
}

dam_status dam__table_write_csv(const dam__container *from, const char *path)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    dam__csv csv = {0};
    table t = {0};
    DAM_TRY_CLEANUP(open_table(from, &t));
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    put_head(&csv, &t);
    for (size_t row = 0; row < t.rows; row++) {
        put_row(&csv, &t, row);
        DAM_TRY_CLEANUP(pass_on(&csv.text, PIECE, &temporary));
    }
    DAM_TRY_CLEANUP(pass_on(&csv.text, 0, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    dam__csv_free(&csv);
    close_table(&t);
    return status;
}

/* "name: text", each line of the text behind a mark that readers of CSV take for a comment. */
static void put_comment(dam__text *out, const char *name, const char *text)
{
    dam__text_append(out, "# %s: ", name);
    for (; *text != '\0'; text++)
        dam__text_append_bytes(out, *text == '\n' ? "\n#     " : text, *text == '\n' ? 7 : 1);
    dam__text_append(out, "\n");
}

static void put_comments(dam__text *out, const dam__container *from)
{
    for (size_t i = 0; i < from->text_count; i++)
        put_comment(out, from->texts[i].name, from->texts[i].value);
    for (size_t i = 0; i < from->list_count; i++)
        for (size_t w = 0; w < from->lists[i].words.count; w++)
            put_comment(out, from->lists[i].name, from->lists[i].words.items[w]);
}

static dam_status put_numbers(dam__csv *csv, const char *name, const dam__array *array,
                              dam__temporary *to)
{
    size_t items = dam__array_items(array);
    size_t width = array->rank == 2 && array->shape[1] > 0 ? array->shape[1] : 1;
    for (size_t i = 0; i < items; i++) {
        dam__csv_text(csv, name);
        dam__csv_integer(csv, (int64_t)(i / width));
        dam__csv_integer(csv, (int64_t)(i % width));
        put_number(csv, array, i);
        dam__csv_end_row(csv);
        DAM_TRY(pass_on(&csv->text, PIECE, to));
    }
    return DAM_OK;
}

dam_status dam__numbers_write_csv(const dam__container *from, const char *path)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    dam__csv csv = {0};
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    put_comments(&csv.text, from);
    dam__csv_line(&csv, "parameter,row,column,value");
    for (size_t i = 0; i < from->array_count; i++)
        DAM_TRY_CLEANUP(
            put_numbers(&csv, from->arrays[i].name, &from->arrays[i].array, &temporary));
    DAM_TRY_CLEANUP(pass_on(&csv.text, 0, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    dam__csv_free(&csv);
    return status;
}

/* --- NPY -------------------------------------------------------------------------------------- */

static void put_type(dam__text *out, const table *t)
{
    dam__text_append(out, "[");
    for (size_t i = 0; i < t->count; i++) {
        const column *c = &t->columns[i];
        dam__text_append(out, "%s('%s', '%s'", i > 0 ? ", " : "", c->name,
                         dam__npy_descr(c->array->element));
        if (c->array->rank == 2)
            dam__text_append(out, ", (%zu,)", c->width);
        dam__text_append(out, ")");
        if (c->words != NULL)
            dam__text_append(out, ", ('%s', '<U%zu')", c->words_name.data, c->characters);
    }
    dam__text_append(out, "]");
}

static void put_item(dam__text *out, const table *t, size_t row)
{
    for (size_t i = 0; i < t->count; i++) {
        const column *c = &t->columns[i];
        const char *numbers = (const char *)c->array->data + row * c->row_bytes;
        size_t size = c->row_bytes / c->width;
        for (size_t j = 0; j < c->width; j++) {
            unsigned char item[sizeof(double)];
            memcpy(item, numbers + j * size, size);
            dam__byte_order(item, 1, size, false);
            dam__text_append_bytes(out, item, size);
        }
        if (c->words != NULL)
            dam__npy_text(out, word_at(c, row), c->characters);
    }
}

dam_status dam__table_write_npy(const dam__container *from, const char *path)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    dam__text type = {0}, text = {0};
    table t = {0};
    DAM_TRY_CLEANUP(open_table(from, &t));
    put_type(&type, &t);
    dam__npy_start(&text, dam__text_part(&text, &type), 1, &t.rows);
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    for (size_t row = 0; row < t.rows; row++) {
        put_item(&text, &t, row);
        DAM_TRY_CLEANUP(pass_on(&text, PIECE, &temporary));
    }
    DAM_TRY_CLEANUP(pass_on(&text, 0, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    dam__text_free(&type);
    dam__text_free(&text);
    close_table(&t);
    return status;
}
