/* src/base: messages, text, files that are replaced whole, digests. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"
#include "base/try.h"
#include "denseam/version.h"

static void failure_keeps_the_inner_message(void **state)
{
    (void)state;
    assert_int_equal(dam__fail(DAM_INPUT, "'%s' is absent", "a.idx"), DAM_INPUT);
    assert_int_equal(dam__fail_within(DAM_INPUT, "data.images"), DAM_INPUT);
    assert_string_equal(dam_error(), "data.images: 'a.idx' is absent");
    assert_string_equal(dam_status_name(DAM_INPUT), "DAM_INPUT");
}

static void version_is_that_of_the_headers(void **state)
{
    (void)state;
    char text[32];
    (void)snprintf(text, sizeof text, "%d.%d.%d", DENSEAM_VERSION_MAJOR, DENSEAM_VERSION_MINOR,
                   DENSEAM_VERSION_PATCH);
    assert_string_equal(dam_version(), text);
    assert_string_equal(DENSEAM_VERSION, text);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    size_t product = 0;
    assert_int_equal(dam__multiply(SIZE_MAX / 2, 3, &product), DAM_NO_MEMORY);
    void *memory = NULL;
    assert_int_equal(dam__alloc(SIZE_MAX / 2, 4, &memory), DAM_NO_MEMORY);
    assert_null(memory);
}

static void text_grows_and_finds_the_closest_word(void **state)
{
    (void)state;
    dam__text text = {0};
    for (int i = 0; i < 1000; i++)
        dam__text_append(&text, "%d,", i);
    assert_int_equal(text.length, 3890);
    dam__text_free(&text);

    const char *const names[] = {"memories", "momentum", "varsigma", NULL};
    assert_string_equal(dam__closest("memorys", names), "memories");
    assert_null(dam__closest("xyzzy", names));
    assert_true(dam__contains_nocase("Portable Computing", "COMPUT"));
    assert_false(dam__contains_nocase("Portable", "gpu"));
}

static void texts_remember_their_first_failure(void **state)
{
    (void)state;
    const size_t impossible = SIZE_MAX / 2 + 1;
    dam__text text = {0}, whole = {0};
    dam__text_append(&text, "%s", "kept?");
    dam__text_append_bytes(&text, NULL, impossible);
    assert_null(text.data); /* half a text is none */
    dam__text_append(&text, "%s", "more");
    dam__text_append_utf8(&text, "more", 4);
    assert_int_equal(text.length, 0);

    /* What failed since does not take the place of its message. */
    assert_int_equal(dam__fail(DAM_INPUT, "something else"), DAM_INPUT);
    char expected[80];
    (void)snprintf(expected, sizeof expected, "the host has no memory for %zu items of 1 bytes",
                   impossible + sizeof "kept?");
    assert_int_equal(dam__text_status(&text), DAM_NO_MEMORY);
    assert_string_equal(dam_error(), expected);

    /* Each way on asks: into another text, into a string, into a file. */
    dam__text_append(&whole, "before %s", dam__text_part(&whole, &text));
    assert_int_equal(dam__text_status(&whole), DAM_NO_MEMORY);
    assert_string_equal(dam_error(), expected);
    assert_int_equal(dam__text_write(&text, "/tmp/denseam-base-never"), DAM_NO_MEMORY);
    assert_false(dam__file_exists("/tmp/denseam-base-never"));
    char *string = "not touched";
    char hex[DAM__DIGEST_HEX];
    assert_int_equal(dam__digest_text(&text, hex), DAM_NO_MEMORY);
    assert_int_equal(dam__text_take(&text, &string), DAM_NO_MEMORY);
    assert_null(string);

    /* Afterwards the text is a new one. */
    assert_int_equal(dam__text_status(&text), DAM_OK);
    assert_int_equal(dam__text_take(&text, &string), DAM_OK);
    assert_string_equal(string, "");
    free(string);
    dam__text_append(&text, "%ls", L"\xd800"); /* no character */
    assert_int_equal(dam__text_status(&text), DAM_INTERNAL);
    dam__text_free(&text);
    assert_string_equal(dam__text_part(&text, &text), "");
}

static void whole_letters_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        size_t most;
        const char *text;
    } cases[] = {
        {"", 80, ""},
        {"abc", 2, "ab"},
        {"a\u00e4b", 80, "a\u00e4b"},
        {"a\u00e4b", 2, "a"},
        {"a\u00e4b", 3, "a\u00e4"},
        {"\u20ac\U0001f600\ud7ff\ue000", 80, "\u20ac\U0001f600\ud7ff\ue000"},
        {"\u20ac\U0001f600", 6, "\u20ac"},
        {"\xff", 80, "\ufffd"},
        {"\xff", 2, ""},
        {"\xc3", 80, "\ufffd"}, /* cut off */
        {"\xe2\x82", 80, "\ufffd\ufffd"},
        {"\xf0\x9f\x98z", 80, "\ufffd\ufffd\ufffdz"},
        {"\xc0\xaf", 80, "\ufffd\ufffd"}, /* longer than need be */
        {"\xe0\x9f\xbf", 80, "\ufffd\ufffd\ufffd"},
        {"\xf0\x8f\xbf\xbf", 80, "\ufffd\ufffd\ufffd\ufffd"},
        {"\xed\xa0\x80", 80, "\ufffd\ufffd\ufffd"},           /* half of a pair */
        {"\xf4\x90\x80\x80", 80, "\ufffd\ufffd\ufffd\ufffd"}, /* beyond the last letter */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__text text = {0};
        dam__text_append_utf8(&text, cases[i].from, cases[i].most);
        if (strcmp(text.data, cases[i].text) != 0)
            fail_msg("case %zu: '%s'", i, text.data);
        dam__text_free(&text);
    }
}

static void writes_replace_the_file_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = NULL, *data = NULL, *nested = NULL;
    size_t length = 0;
    assert_int_equal(dam__path_join(&path, folder, "file"), DAM_OK);
    assert_int_equal(dam__file_write(path, "one", 3), DAM_OK);
    assert_int_equal(dam__file_write(path, "two", 3), DAM_OK);
    assert_int_equal(dam__file_read(path, 3, &data, &length), DAM_OK);
    assert_string_equal(data, "two");
    free(data);
    assert_int_equal(dam__file_read(path, 2, &data, &length), DAM_INPUT);

    /* A write that is given up leaves the old file and no temporary. */
    dam__temporary temporary = {0};
    assert_int_equal(dam__temporary_open(path, &temporary), DAM_OK);
    assert_int_equal(dam__temporary_write(&temporary, "three", 5), DAM_OK);
    dam__temporary_discard(&temporary);
    assert_null(temporary.path);
    assert_int_equal(dam__file_read(path, 3, &data, &length), DAM_OK);
    free(data);

    assert_int_equal(dam__path_join(&nested, folder, "a/b/c"), DAM_OK);
    assert_int_equal(dam__make_folders(nested), DAM_OK);
    assert_true(dam__folder_exists(nested));
    unlink(path);
    for (int level = 0; level < 4; level++) {
        assert_int_equal(rmdir(nested), 0);
        *strrchr(nested, '/') = '\0';
    }
    free(path);
    free(nested);
}

/* The kernel's files claim to be empty; a fifo gives no size either. */
static void files_without_a_size_are_read_to_their_end(void **state)
{
    (void)state;
    char *data = NULL;
    size_t length = 0;
    assert_int_equal(dam__file_read("/proc/self/stat", 1 << 16, &data, &length), DAM_OK);
    assert_true(length > 0 && strlen(data) == length && data[length - 1] == '\n');
    free(data);
    assert_int_equal(dam__file_read("/proc/self/stat", 1, &data, &length), DAM_INPUT);
    assert_int_equal(dam__file_read("/dev/zero", 10000, &data, &length), DAM_INPUT);
    assert_int_equal(dam__file_read("/dev/null", 0, &data, &length), DAM_OK);
    assert_int_equal(length, 0);
    free(data);
}

static void a_folder_without_a_name_is_refused(void **state)
{
    (void)state;
    assert_int_equal(dam__make_folders(""), DAM_INPUT);
    assert_int_equal(dam__make_folders("/"), DAM_OK);
}

static void digest_matches_the_standard(void **state)
{
    (void)state;
    char hex[DAM__DIGEST_HEX];
    assert_int_equal(dam__digest_hex("abc", 3, hex), DAM_OK);
    assert_string_equal(hex, /* FIPS 180-2, appendix B.1 */
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_keeps_the_inner_message),
        cmocka_unit_test(version_is_that_of_the_headers),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(text_grows_and_finds_the_closest_word),
        cmocka_unit_test(texts_remember_their_first_failure),
        cmocka_unit_test(whole_letters_are_kept),
        cmocka_unit_test(writes_replace_the_file_whole),
        cmocka_unit_test(files_without_a_size_are_read_to_their_end),
        cmocka_unit_test(a_folder_without_a_name_is_refused),
        cmocka_unit_test(digest_matches_the_standard),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
