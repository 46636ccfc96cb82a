/* What tests of presets share: texts that are taken, refused, and printed and read again. */
#ifndef UNIT_PRESETS_H
#define UNIT_PRESETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/key_value.h"

#define DATA "data { name = \"mnist\" }\n"

static inline dam_status parse(const char *text, dam__experiment *out)
{
    return dam__experiment_parse("x.conf", text, NULL, 0, out);
}

static inline void accept(const char *text, dam__experiment *out)
{
    if (parse(text, out) != DAM_OK)
        fail_msg("refused: %s\n%s", dam_error(), text);
}

static inline void refuse(const char *text, const char *message)
{
    dam__experiment e;
    assert_int_equal(parse(text, &e), DAM_USAGE);
    assert_string_equal(dam_error(), message);
}

static inline void assert_same(const dam__experiment *a, const dam__experiment *b)
{
    for (const dam__option *o = dam__options; o->key != NULL; o++)
        if (memcmp((const char *)a + o->offset, (const char *)b + o->offset, o->size) != 0)
            fail_msg("%s.%s differs", o->section, o->key);
}

static inline void assert_round_trip(const dam__experiment *e)
{
    dam__text first = {0}, second = {0};
    dam__experiment back;
    dam__experiment_print(e, &first);
    accept(first.data, &back);
    assert_same(e, &back);
    dam__experiment_print(&back, &second);
    assert_string_equal(first.data, second.data);
    dam__text_free(&first);
    dam__text_free(&second);
}

#endif
