/*
 * NPY: "\x93NUMPY", version, length of a header that is a Python dictionary of 'descr',
 * 'fortran_order' and 'shape', then the items (numpy.lib.format).
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/npy_write.h"
#include "store/reader.h"

/* Headers of our element types have about 100 bytes; only structured ones grow long. */
enum { LONGEST_HEADER = 1 << 20, LONGEST_WORD = 24 };

static const struct {
    char code[4]; /* behind the byte order */
    dam__stored stored;
} types[] = {{"u1", DAM__STORED_U8},  {"i4", DAM__STORED_I32}, {"i8", DAM__STORED_I64},
             {"f4", DAM__STORED_F32}, {"f8", DAM__STORED_F64}, {"b1", DAM__STORED_BOOL},
             {"i1", DAM__STORED_I8},  {"u2", DAM__STORED_U16}, {"i2", DAM__STORED_I16},
             {"u4", DAM__STORED_U32}, {"u8", DAM__STORED_U64}, {"f2", DAM__STORED_F16}};

const char *dam__npy_descr(dam__element element)
{
    static const char *const descrs[] = {[DAM__U8] = "|u1",
                                         [DAM__I32] = "<i4",
                                         [DAM__I64] = "<i8",
                                         [DAM__F32] = "<f4",
                                         [DAM__F64] = "<f8"};
    return descrs[element];
}

typedef struct header {
    char descr[LONGEST_WORD];
    bool has_descr, has_order, has_shape;
    bool structured, fortran;
    int rank; /* more than DAM__MAX_RANK where the file has more; the shape then ends early */
    size_t shape[DAM__MAX_RANK];
} header;

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_space(cursor *text)
{
    while (text->at < text->end && memchr(" \t\r\n", *text->at, 4) != NULL)
        text->at++;
}

/* Takes a punctuation mark and the space before it. */
static bool take_mark(cursor *text, char mark)
{
    skip_space(text);
    if (text->at == text->end || *text->at != mark)
        return false;
    text->at++;
    return true;
}

static bool take_word(cursor *text, const char *word)
{
    size_t length = strlen(word);
    skip_space(text);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

/* Takes a quoted word; what no supported header has (escapes, controls, length) is refused. */
static bool take_string(cursor *text, char word[LONGEST_WORD])
{
    char quote = take_mark(text, '\'') ? '\'' : '"';
    if (quote == '"' && !take_mark(text, '"'))
        return false;
    size_t length = 0;
    for (; text->at < text->end && *text->at != quote; text->at++) {
        if (length == LONGEST_WORD - 1 || *text->at < ' ' || *text->at > '~' || *text->at == '\\')
            return false;
        word[length++] = *text->at;
    }
    word[length] = '\0';
    return take_mark(text, quote);
}

static bool take_size(cursor *text, size_t *size)
{
    skip_space(text);
    const char *start = text->at;
    *size = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*text->at - '0'), size))
            return false;
    bool any = text->at > start;
    if (any && text->at < text->end && *text->at == 'L') /* as Python 2 wrote it */
        text->at++;
    return any;
}

/* "()", "(3,)", "(3, 4)" or "(3, 4,)"; but "(3)" is a number in Python. */
static bool take_shape(cursor *text, header *out)
{
    bool comma = true;
    if (!take_mark(text, '('))
        return false;
    while (!take_mark(text, ')')) {
        size_t size = 0;
        if (!comma || !take_size(text, &size))
            return false;
        if (out->rank < DAM__MAX_RANK)
            out->shape[out->rank] = size;
        if (out->rank <= DAM__MAX_RANK)
            out->rank++;
        comma = take_mark(text, ',');
    }
    return out->rank != 1 || comma;
}

/* One "'key': value"; no key comes twice. */
static bool take_entry(cursor *text, header *out)
{
    char key[LONGEST_WORD];
    if (!take_string(text, key) || !take_mark(text, ':'))
        return false;
    if (strcmp(key, "descr") == 0 && !out->has_descr) {
        out->has_descr = true;
        out->structured = take_mark(text, '[');
        return out->structured || take_string(text, out->descr);
    }
    if (strcmp(key, "fortran_order") == 0 && !out->has_order) {
        out->has_order = true;
        out->fortran = take_word(text, "True");
        return out->fortran || take_word(text, "False");
    }
    if (strcmp(key, "shape") == 0 && !out->has_shape) {
        out->has_shape = true;
        return take_shape(text, out);
    }
    return false;
}

/* The whole dictionary; stops early, with true, at a structured type, which is refused anyway. */
static bool take_header(cursor *text, header *out)
{
    bool comma = true;
    if (!take_mark(text, '{'))
        return false;
    while (!take_mark(text, '}')) {
        if (!comma || !take_entry(text, out))
            return false;
        if (out->structured)
            return true;
        comma = take_mark(text, ',');
    }
    skip_space(text);
    return text->at == text->end && out->has_descr && out->has_order && out->has_shape;
}

/* Advice on a type that is none of numbers. */
static const char *conversion_of(const char *descr)
{
    switch (descr[1]) {
    case 'O':
        return "it holds Python's objects; save it as np.save(path, np.array(a.tolist()))";
    case 'c':
        return "complex numbers are not read; save it as np.save(path, abs(a)), or their parts";
    case 'M':
    case 'm':
        return "it holds times; save it as np.save(path, a.astype('int64'))";
    default:
        return "save it as np.save(path, a.astype('float64'))";
    }
}

/* *stored of a header; DAM_INPUT for what is not read, with the numpy call that converts it. */
static dam_status kind_of(const char *name, const header *found, dam__stored *stored)
{
    if (found->structured)
        return dam__fail(DAM_INPUT,
                         "'%s' has a structured type; save one field of it alone, "
                         "np.save(path, a['field'])",
                         name);
    if (found->rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT,
                         "'%s' has more than %d axes; save it as np.save(path, "
                         "a.reshape(len(a), -1))",
                         name, DAM__MAX_RANK);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        *stored = types[i].stored;
        bool single = dam__stored_size(*stored) == 1;
        if (strcmp(found->descr + (found->descr[0] != '\0'), types[i].code) == 0 &&
            strchr(single ? "|<>=" : "<>", found->descr[0]) != NULL)
            return DAM_OK;
    }
    return dam__fail(DAM_INPUT, "'%s' has items of type '%s': %s", name, found->descr,
                     conversion_of(found->descr));
}

/* Of an array in Fortran order the bytes are those of the array with its axes turned round. */
static dam_status read_turned(dam__source *source, dam__stored stored, const header *found,
                              dam__array *out)
{
    size_t shape[DAM__MAX_RANK] = {0}, rows = source->reading.rows;
    for (int axis = 0; axis < found->rank; axis++)
        shape[axis] = found->shape[found->rank - 1 - axis];
    source->reading.rows = 0;
    dam_status status =
        dam__source_array(source, stored, found->descr[0] == '>', found->rank, shape, out);
    source->reading.rows = rows;
    if (status == DAM_OK)
        status = dam__array_reverse(0, out);
    source->reading.there = found->rank > 0 ? found->shape[0] : 0;
    if (status == DAM_OK)
        status = dam__array_keep(rows, out);
    if (status != DAM_OK)
        dam__array_free(out);
    return status;
}

/* Characters of words ("<U8", ">U8", "|S8"), and bytes of each; 0: the items are no words. */
static size_t words_of(const header *found, size_t *each)
{
    static const char *const kinds[] = {"<U", ">U", "|S"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *digits = found->descr + 2;
        if (strncmp(found->descr, kinds[i], 2) != 0)
            continue;
        *each = kinds[i][1] == 'U' ? 4 : 1;
        for (; *digits >= '0' && *digits <= '9' && count < LONGEST_HEADER; digits++)
            count = count * 10 + (size_t)(*digits - '0');
    }
    return count;
}

/* Adds a word of UTF-32 or of bytes; zeros fill it up. */
static dam_status add_word(const unsigned char *bytes, size_t characters, size_t each,
                           bool big_endian, dam__text *text, dam__names *out)
{
    text->length = 0;
    dam__text_append_bytes(text, "", 0);
    for (size_t i = 0; i < characters; i++) {
        uint32_t code = 0;
        for (size_t byte = 0; byte < each; byte++)
            code = code << 8 | bytes[i * each + (big_endian ? byte : each - 1 - byte)];
        if (code == 0)
            break;
        if (each == 1)
            dam__text_append_bytes(text, bytes + i, 1);
        else
            dam__text_append_character(text, code);
    }
    DAM_TRY(dam__text_status(text));
    return dam__names_add(out, text->data, text->length);
}

/* Words become places in the list of those that differ. */
static dam_status read_words(dam__source *source, const header *found, size_t characters,
                             size_t each, dam__array *out)
{
    dam_status status = DAM_OK;
    dam__array raw = {0};
    dam__names words = {0};
    dam__text text = {0};
    int32_t *places = NULL;
    if (found->rank != 1 && (found->rank != 2 || found->shape[1] != 1))
        DAM_FAIL(DAM_INPUT, "'%s' holds words on %d axes; names of classes are one a sample",
                 source->name, found->rank);
    DAM_TRY_CLEANUP(dam__source_array(source, DAM__STORED_U8, false, 2,
                                      (const size_t[]){found->shape[0], characters * each}, &raw));
    for (size_t i = 0; i < raw.shape[0]; i++)
        DAM_TRY_CLEANUP(add_word((const unsigned char *)raw.data + i * raw.shape[1], characters,
                                 each, found->descr[0] == '>', &text, &words));
    DAM_TRY_CLEANUP(dam__names_sort(&words, &source->reading.words, &places));
    *out = (dam__array){.element = DAM__I32, .rank = 1, .shape = {raw.shape[0]}, .data = places};
cleanup:
    dam__array_free(&raw);
    dam__names_free(&words);
    dam__text_free(&text);
    return status;
}

/* *text = the dictionary, not NUL-terminated; free(). */
static dam_status read_header(dam__source *source, char **text, size_t *length)
{
    unsigned char start[8], size[4] = {0};
    DAM_TRY(dam__source_read(source, start, sizeof start, "its first eight bytes"));
    if (memcmp(start, "\x93NUMPY", 6) != 0)
        return dam__fail(DAM_INPUT, "'%s' is no NPY file: it does not start with \\x93NUMPY",
                         source->name);
    if (start[6] < 1 || start[6] > 3 || start[7] != 0)
        return dam__fail(DAM_INPUT, "'%s' is NPY version %d.%d; versions 1.0 to 3.0 are read",
                         source->name, start[6], start[7]);
    DAM_TRY(dam__source_read(source, size, start[6] == 1 ? 2 : 4, "its header"));
    *length =
        (size_t)size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
    if (*length > LONGEST_HEADER)
        return dam__fail(DAM_INPUT,
                         "'%s' is damaged: an NPY header of %zu bytes is not read (at most %d)",
                         source->name, *length, LONGEST_HEADER);
    DAM_TRY(dam__alloc(*length, 1, text));
    return dam__source_read(source, *text, *length, "its header");
}

dam_status dam__npy_read(dam__source *source, dam__array *out)
{
    dam_status status = DAM_OK;
    char *text = NULL;
    size_t length = 0;
    header found = {0};
    dam__stored stored = DAM__STORED_U8;
    size_t each = 0;
    DAM_TRY_CLEANUP(read_header(source, &text, &length));
    cursor at = {text, text + length};
    if (!take_header(&at, &found))
        DAM_FAIL(DAM_INPUT,
                 "'%s' is damaged: its NPY header is no dictionary of descr, fortran_order and "
                 "shape (byte %zu of %zu); save it again with np.save",
                 source->name, (size_t)(at.at - text), length);
    size_t characters = words_of(&found, &each);
    if (characters > 0 && source->reading.as_words) {
        DAM_TRY_CLEANUP(read_words(source, &found, characters, each, out));
        goto cleanup;
    }
    if (characters > 0)
        DAM_FAIL(DAM_INPUT, "'%s' holds words ('%s'), which are read as labels (data.labels) alone",
                 source->name, found.descr);
    DAM_TRY_CLEANUP(kind_of(source->name, &found, &stored));
    if (found.fortran && found.rank > 1)
        DAM_TRY_CLEANUP(read_turned(source, stored, &found, out));
    else
        DAM_TRY_CLEANUP(
            dam__source_array(source, stored, found.descr[0] == '>', found.rank, found.shape, out));
cleanup:
    free(text);
    return status;
}

dam_status dam__npy_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    return dam__npy_read(&source, out);
}
