/* Caches: what others could have written is not read, and an entry is worth nothing elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/private_folder.h"
#include "base/user_cache.h"
#include "files.h"

static int cache_in_folder(void **state)
{
    int failed = files_open(state);
    files *in = *state;
    return failed != 0 ? failed : setenv("XDG_CACHE_HOME", in->folder, 1);
}

static bool keep(const char *key, const char *data)
{
    dam__text text = {0};
    dam__text_append(&text, "%s", key);
    bool kept = dam__cache_keep("kind", &text, data, strlen(data));
    dam__text_free(&text);
    return kept;
}

/* What the key has, or NULL; static. */
static const char *find(const char *key)
{
    static char found[64];
    char *data = NULL;
    size_t length = 0;
    dam__text text = {0};
    dam__text_append(&text, "%s", key);
    bool there = dam__cache_find("kind", &text, sizeof found - 1, &data, &length);
    if (there)
        (void)snprintf(found, sizeof found, "%s", data);
    free(data);
    dam__text_free(&text);
    return there ? found : NULL;
}

static const char *entry(files *in, const char *key)
{
    char hex[DAM__DIGEST_HEX], name[128];
    assert_int_equal(dam__digest_hex(key, strlen(key), hex), DAM_OK);
    (void)snprintf(name, sizeof name, "denseam/kind/%s", hex);
    return path_of(in, name);
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777U;
}

static void test_entries_are_for_their_key_and_user(void **state)
{
    files *in = *state;
    mode_t before = umask(0);
    assert_null(find("one"));
    assert_true(keep("one", "first"));
    assert_true(keep("two", "second"));
    assert_true(keep("none", ""));
    assert_string_equal(find("one"), "first");
    assert_string_equal(find("two"), "second");
    assert_string_equal(find("none"), "");
    assert_int_equal(mode_of(entry(in, "one")), 0600);
    assert_int_equal(mode_of(path_of(in, "denseam")), 0700);
    assert_int_equal(mode_of(path_of(in, "denseam/kind")), 0700);
    /* With a narrow umask they stay as narrow as it says. */
    (void)umask(0077);
    assert_true(keep("one", "first"));
    assert_int_equal(mode_of(entry(in, "one")), 0600);
    (void)umask(before);

    /* A whole entry in another's place, and half of one. */
    assert_int_equal(rename(entry(in, "two"), entry(in, "one")), 0);
    assert_null(find("one"));
    assert_true(keep("one", "first"));
    assert_int_equal(truncate(entry(in, "one"), 34), 0);
    assert_null(find("one"));
    assert_int_equal(truncate(entry(in, "one"), 5), 0);
    assert_null(find("one"));
}

static int warnings;

static void count_warnings(void *user, dam_log_level level, const char *line)
{
    (void)snprintf(user, 512, "%s", line);
    warnings += level == DAM_LOG_WARNING;
}

static void assert_distrusted(const char *why)
{
    char line[512] = "";
    const dam_log log = {.write = count_warnings, .user = line};
    warnings = 0;
    assert_false(dam__cache_trusted(&log));
    assert_int_equal(warnings, 1);
    if (strstr(line, why) == NULL)
        fail_msg("'%s' lacks '%s'", line, why);
    assert_null(find("one"));
    assert_false(keep("one", "other"));
}

static void test_what_others_may_write_is_not_read(void **state)
{
    files *in = *state;
    assert_true(keep("one", "first"));
    assert_true(dam__cache_trusted(NULL));

    /* The entry, its folder, one above, and all of them as before. */
    assert_int_equal(chmod(entry(in, "one"), 0602), 0);
    assert_null(find("one"));
    assert_int_equal(chmod(entry(in, "one"), 0600), 0);
    assert_int_equal(chmod(path_of(in, "denseam/kind"), 0702), 0);
    assert_null(find("one"));
    assert_int_equal(chmod(path_of(in, "denseam/kind"), 0700), 0);
    assert_int_equal(chmod(path_of(in, "denseam"), 0777), 0);
    assert_distrusted("others may write");
    assert_int_equal(chmod(path_of(in, "denseam"), 0700), 0);
    assert_int_equal(chmod(path_of(in, "denseam/kind"), 01777), 0);
    assert_null(find("one"));
    assert_int_equal(chmod(path_of(in, "denseam/kind"), 0700), 0);
    assert_int_equal(chmod(in->folder, 0777), 0);
    assert_distrusted(in->folder);
    /* As /tmp is: what is ours stays ours there. */
    assert_int_equal(chmod(in->folder, 01777), 0);
    assert_string_equal(find("one"), "first");
    assert_true(dam__cache_trusted(NULL));
    assert_int_equal(chmod(in->folder, 0700), 0);
    assert_string_equal(find("one"), "first");
}

/* Whether the own group may write; for root the group 0 is. */
static void test_own_group_may_write(void **state)
{
    files *in = *state;
    if (geteuid() != getegid())
        skip();
    assert_true(keep("one", "first"));
    assert_int_equal(chmod(in->folder, 0770), 0);
    assert_int_equal(chmod(entry(in, "one"), 0660), 0);
    assert_string_equal(find("one"), "first");
}

static void test_what_is_anothers_is_not_read(void **state)
{
    enum { NOBODY = 65534 };
    files *in = *state;
    assert_true(keep("one", "first"));
    assert_int_equal(chown(entry(in, "one"), NOBODY, 0), 0);
    assert_null(find("one"));
    assert_int_equal(chown(entry(in, "one"), 0, 0), 0);
    assert_int_equal(chown(path_of(in, "denseam"), NOBODY, 0), 0);
    assert_distrusted("belongs to another user (number 65534)");
    assert_int_equal(chown(path_of(in, "denseam"), 0, 0), 0);
    assert_int_equal(chown(in->folder, NOBODY, 0), 0);
    assert_distrusted("belongs to another user");
    assert_int_equal(chown(in->folder, 0, 0), 0);
    assert_string_equal(find("one"), "first");
    assert_int_equal(chmod(entry(in, "one"), 0620), 0);
    assert_int_equal(chown(entry(in, "one"), 0, NOBODY), 0);
    assert_null(find("one"));
}

static void test_links_are_worth_their_owner(void **state)
{
    files *in = *state;
    assert_true(keep("one", "first"));
    assert_int_equal(rename(path_of(in, "denseam"), path_of(in, "there")), 0);
    assert_int_equal(symlink("there/../there", path_of(in, "denseam")), 0);
    assert_string_equal(find("one"), "first");
    if (geteuid() == 0) {
        assert_int_equal(lchown(path_of(in, "denseam"), 65534, 0), 0);
        assert_distrusted("belongs to another user");
        assert_int_equal(lchown(path_of(in, "denseam"), 0, 0), 0);
    }
    /* An absolute one, one to itself, and an entry that is a link. */
    assert_int_equal(unlink(path_of(in, "denseam")), 0);
    assert_int_equal(symlink(path_of(in, "there"), path_of(in, "denseam")), 0);
    assert_string_equal(find("one"), "first");
    assert_int_equal(rename(entry(in, "one"), path_of(in, "moved")), 0);
    assert_int_equal(symlink(path_of(in, "moved"), entry(in, "one")), 0);
    assert_null(find("one"));
    assert_true(keep("one", "again"));
    assert_string_equal(find("one"), "again");
    assert_int_equal(unlink(path_of(in, "denseam")), 0);
    assert_int_equal(symlink("denseam", path_of(in, "denseam")), 0);
    assert_distrusted("a link that leads nowhere");
}

static void test_what_cannot_be_made_is_named(void **state)
{
    files *in = *state;
    bool foreign = true;
    (void)plain_file(in, "file", "", 0);
    assert_int_equal(dam__private_make(path_of(in, "file/below"), &foreign), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "is not a folder"));
    assert_false(foreign);
    assert_int_equal(dam__private_make("/proc/absent/below", &foreign), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "/proc/absent"));
    assert_false(foreign);
    assert_int_equal(dam__private_make(path_of(in, "a//b/./c/"), &foreign), DAM_OK);
    assert_true(dam__folder_exists(path_of(in, "a/b/c")));
    assert_int_equal(dam__private_check(path_of(in, "a/b/c/d/e")), DAM_OK);
    assert_false(dam__folder_exists(path_of(in, "a/b/c/d")));
    /* From the current folder. */
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(in->folder), 0);
    assert_int_equal(dam__private_make("relative/two", &foreign), DAM_OK);
    assert_int_equal(dam__private_write("name", "text", 4), DAM_OK);
    assert_true(dam__folder_exists(path_of(in, "relative/two")));
    assert_true(dam__file_exists(path_of(in, "name")));
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries_are_for_their_key_and_user, cache_in_folder,
                                        files_close),
        cmocka_unit_test_setup_teardown(test_what_others_may_write_is_not_read, cache_in_folder,
                                        files_close),
        cmocka_unit_test_setup_teardown(test_own_group_may_write, cache_in_folder, files_close),
        cmocka_unit_test_setup_teardown(test_links_are_worth_their_owner, cache_in_folder,
                                        files_close),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_made_is_named, cache_in_folder,
                                        files_close),
    };
    const struct CMUnitTest of_root[] = {
        cmocka_unit_test_setup_teardown(test_what_is_anothers_is_not_read, cache_in_folder,
                                        files_close),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    /* Nobody else can give files away. */
    return geteuid() == 0 ? failed + cmocka_run_group_tests(of_root, NULL, NULL) : failed;
}
