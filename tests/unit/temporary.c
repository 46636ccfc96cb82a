/* src/base/temporary.c: what a write can do harm to, and what it leaves. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "base/temporary.h"
#include "files.h"

/* The next random numbers, instead of the system's, and a folder's failure to be synced. */
static const uint64_t *drawn;
static int folder_error;

int getentropy(void *bytes, size_t length)
{
    if (drawn == NULL)
        return syscall(SYS_getrandom, bytes, length, 0) == (long)length ? 0 : -1;
    memcpy(bytes, drawn++, length);
    return 0;
}

int fsync(int file)
{
    struct stat info;
    if (folder_error == 0 || fstat(file, &info) != 0 || !S_ISDIR(info.st_mode))
        return (int)syscall(SYS_fsync, file);
    errno = folder_error;
    return -1;
}

/* A sweep of a folder just before the next lock, or someone else who has it. */
static const char *sweep_in_between;
static bool lock_is_held;
static int lock_error; /* of all locks */
static bool on_a_network;

int fstatfs(int file, struct statfs *info)
{
    int failed = (int)syscall(SYS_fstatfs, file, info);
    if (on_a_network)
        info->f_type = 0x0BD00BD0; /* Lustre */
    return failed;
}

int flock(int file, int operation)
{
    const char *folder = sweep_in_between;
    sweep_in_between = NULL;
    if (folder != NULL)
        dam__temporary_sweep(folder, NULL);
    if (lock_error != 0) {
        errno = lock_error;
        return -1;
    }
    if (!lock_is_held)
        return (int)syscall(SYS_flock, file, operation);
    lock_is_held = false;
    errno = EWOULDBLOCK;
    return -1;
}

static void assert_holds(const char *path, const char *text)
{
    char *data = NULL;
    size_t length = 0;
    assert_int_equal(dam__file_read(path, 1000, &data, &length), DAM_OK);
    assert_string_equal(data, text);
    free(data);
}

static void assert_written(const char *path, const char *text)
{
    if (dam__file_write(path, text, strlen(text)) != DAM_OK)
        fail_msg("%s", dam_error());
    assert_holds(path, text);
}

static void assert_unwritten(const char *path, const char *words)
{
    assert_int_equal(dam__file_write(path, "new", 3), DAM_INPUT);
    if (strstr(dam_error(), words) == NULL || strstr(dam_error(), path) == NULL)
        fail_msg("neither '%s' nor '%s' may miss in: %s", words, path, dam_error());
}

static bool is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static void a_link_laid_in_the_way_leads_nowhere(void **state)
{
    files *in = *state;
    const char *victim = plain_file(in, "victim", "mine", 4), *path = path_of(in, "out");
    char name[64];
    /* Where a process's number was the whole secret. */
    (void)snprintf(name, sizeof name, "out.tmp.%ld", (long)getpid());
    assert_int_equal(symlink(victim, path_of(in, name)), 0);
    assert_written(path, "one");
    assert_holds(victim, "mine");
    /* Even a number that was known before only costs another one. */
    assert_int_equal(symlink(victim, path_of(in, "out.tmp.denseam-0000000000000007")), 0);
    drawn = (const uint64_t[]){7, 7, 8};
    assert_written(path, "two");
    drawn = (const uint64_t[]){7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    assert_unwritten(path, "File exists");
    drawn = NULL;
    assert_holds(path, "two");
    assert_holds(victim, "mine");
}

static void what_a_link_leads_to_is_replaced(void **state)
{
    files *in = *state;
    assert_int_equal(mkdir(path_of(in, "away"), 0777), 0);
    const char *target = plain_file(in, "away/target", "old", 3), *link = path_of(in, "link");
    assert_int_equal(symlink("away/target", path_of(in, "middle")), 0);
    assert_int_equal(symlink(path_of(in, "middle"), link), 0);
    assert_written(link, "new");
    assert_true(is_link(link));
    assert_false(is_link(target));
    assert_holds(target, "new");
}

static void a_link_to_what_cannot_be_written_is_refused(void **state)
{
    files *in = *state;
    const char *link = path_of(in, "link");
    static const struct {
        const char *target, *words;
    } cases[] = {{"absent", "leads to cannot be written: No such file"},
                 {"link", "symbolic link"},
                 {".", "Is a directory"},
                 {"/dev/null", "a device or a pipe"},
                 {"/proc/version", "cannot write"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(symlink(cases[i].target, link), 0);
        assert_unwritten(link, cases[i].words);
        assert_true(is_link(link));
        assert_int_equal(unlink(link), 0);
    }
    assert_false(dam__file_exists(path_of(in, "absent")));
}

static void a_folder_that_cannot_be_synced_is_told(void **state)
{
    files *in = *state;
    const char *path = path_of(in, "out");
    folder_error = EIO;
    assert_unwritten(path, "its folder cannot be synced: Input/output error");
    assert_holds(path, "new"); /* it is there all the same */
    folder_error = EINVAL;     /* of file systems that cannot do it */
    assert_written(path, "two");
    folder_error = 0;
}

static void a_disk_that_is_full_keeps_the_old_file(void **state)
{
    files *in = *state;
    const char *path = plain_file(in, "out", "old", 3);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit kept;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    const struct rlimit limit = {.rlim_cur = 2, .rlim_max = kept.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    dam_status status = dam__file_write(path, "new", 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(status, DAM_INPUT);
    assert_non_null(strstr(dam_error(), strerror(EFBIG)));
    assert_holds(path, "old");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(in->folder), 0); /* nothing stays beside it */
    assert_int_equal(mkdir(in->folder, 0777), 0);
}

static void long_names_are_written(void **state)
{
    files *in = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_written(path_of(in, name), "one");
}

static void a_sweep_takes_what_was_left_and_nothing_else(void **state)
{
    files *in = *state;
    static const char *const kept[] = {
        "notes.tmp.5",
        "run.h5.tmp.4711", /* 0.1.0's name for one, or somebody's copy */
        "run.h5.tmp.5a",
        "run.h5.tmp.",
        "my-run.h5.tmp.5",
        ".png.tmp.5",
        "tmp.5",
        "5",
        "run.h5",
        "run.h5.tmp.denseam-0123",
        "run.h5.tmp.denseam-0123456789ABCDEF",
        "run.h5.tmp.denseam-0123456789abcdef.old",
        ".tmp.denseam-0123456789abcdef",
    };
    const char *left[] = {plain_file(in, "run.h5.tmp.denseam-0123456789abcdef", "", 0),
                          plain_file(in, "curves.png.tmp.denseam-fedcba9876543210", "half", 4)};
    const char *victim = plain_file(in, "victim", "mine", 4);
    const char *link = path_of(in, "link.tmp.denseam-0123456789abcdef");
    dam__temporary live = {0};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        (void)plain_file(in, kept[i], "", 0);
    assert_int_equal(symlink(victim, link), 0);
    assert_int_equal(dam__temporary_open(path_of(in, "live"), &live), DAM_OK);
    assert_int_equal(dam__temporary_write(&live, "here", 4), DAM_OK);
    dam__temporary_sweep(in->folder, NULL);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_false(dam__file_exists(left[i]));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_true(dam__file_exists(path_of(in, kept[i])));
    assert_true(is_link(link));
    assert_holds(victim, "mine");
    assert_int_equal(dam__temporary_commit(&live), DAM_OK);
    assert_holds(path_of(in, "live"), "here");
}

static void a_write_sweeps_its_folder(void **state)
{
    files *in = *state;
    const char *left = plain_file(in, "curves.png.tmp.denseam-0123456789abcdef", "half", 4);
    assert_written(path_of(in, "table.csv"), "new");
    assert_false(dam__file_exists(left));
}

/* Where the system has no locks, nobody says that a writer lives; a day tells. */
static void without_locks_what_is_a_day_old_is_swept(void **state)
{
    files *in = *state;
    const char *fresh = plain_file(in, "a.tmp.denseam-0123456789abcdef", "", 0);
    const char *old = plain_file(in, "b.tmp.denseam-0123456789abcdef", "", 0);
    const time_t then = time(NULL) - 25L * 60 * 60;
    const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
    assert_int_equal(utimensat(AT_FDCWD, old, times, 0), 0);
    lock_error = ENOLCK;
    dam__temporary_sweep(in->folder, NULL);
    lock_error = 0;
    assert_true(dam__file_exists(fresh));
    assert_false(dam__file_exists(old));
    static const char *const own[] = {"a", NULL};
    const char *others = plain_file(in, "aa.tmp.denseam-0123456789abcdef", "", 0);
    lock_error = ENOLCK;
    dam__temporary_sweep(in->folder, own); /* what nobody else writes */
    lock_error = 0;
    assert_false(dam__file_exists(fresh));
    assert_true(dam__file_exists(others));
    fresh = others;
    on_a_network = true; /* whose locks may be this machine's alone */
    dam__temporary_sweep(in->folder, NULL);
    assert_true(dam__file_exists(fresh));
    on_a_network = false;
    dam__temporary_sweep(in->folder, NULL);
    assert_false(dam__file_exists(fresh));
}

/* A sweep that comes between the making of a file and its lock, or has just locked it itself. */
static void a_file_that_a_sweep_has_is_left_to_it(void **state)
{
    files *in = *state;
    for (int kind = 0; kind < 2; kind++) {
        dam__temporary out = {0};
        sweep_in_between = kind == 0 ? in->folder : NULL;
        lock_is_held = kind == 1;
        assert_int_equal(dam__temporary_open(path_of(in, "live"), &out), DAM_OK);
        assert_true(sweep_in_between == NULL && !lock_is_held);
        assert_int_equal(dam__temporary_write(&out, "here", 4), DAM_OK);
        assert_true(dam__file_exists(out.path));
        assert_int_equal(dam__temporary_commit(&out), DAM_OK);
        assert_holds(path_of(in, "live"), "here");
        assert_int_equal(unlink(path_of(in, "live")), 0);
    }
}

/* Whatever its files are called, and wherever their links lead. */
static void a_folder_is_writable_whatever_stands_in_it(void **state)
{
    files *in = *state;
    const char *folder = path_of(in, "folder"), *entry = path_of(in, "folder/probe");
    assert_int_equal(dam__make_writable(folder), DAM_OK);
    assert_int_equal(symlink(path_of(in, "nowhere"), entry), 0);
    assert_int_equal(dam__make_writable(folder), DAM_OK);
    assert_true(is_link(entry) && unlink(entry) == 0 && mkfifo(entry, 0600) == 0);
    assert_int_equal(dam__make_writable(folder), DAM_OK);
    assert_true(unlink(entry) == 0 && rmdir(folder) == 0); /* nothing was left */
    /* No file can be made in /proc, not by root either. */
    assert_int_equal(dam__make_writable("/proc"), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "cannot write into '/proc': "));
    assert_int_equal(dam__advice_of_error(), DAM__ADVICE_FOLDER);
}

/* A program writes to the file itself, whatever stands at its name by then. */
static void a_program_gets_the_file_by_descriptor(void **state)
{
    files *in = *state;
    char script[] = "printf hello > /dev/fd/3";
    char *arguments[] = {"/bin/sh", "-c", script, NULL};
    const char *path = path_of(in, "out");
    dam__temporary out = {0};
    dam__text said = {0};
    dam__ending ending = DAM__HUNG;
    int code = -1;
    assert_int_equal(dam__temporary_open(path, &out), DAM_OK);
    const dam__process process = {.arguments = arguments, .file = out.descriptor, .limit = 20};
    assert_int_equal(dam__process_run(&process, &said, &ending, &code), DAM_OK);
    assert_int_equal(ending, DAM__ENDED);
    assert_int_equal(code, 0);
    assert_int_equal(dam__temporary_commit(&out), DAM_OK);
    assert_holds(path, "hello");
    dam__text_free(&said);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, files_open, files_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(a_link_laid_in_the_way_leads_nowhere),
        WITH_FILES(what_a_link_leads_to_is_replaced),
        WITH_FILES(a_link_to_what_cannot_be_written_is_refused),
        WITH_FILES(a_folder_that_cannot_be_synced_is_told),
        WITH_FILES(a_disk_that_is_full_keeps_the_old_file),
        WITH_FILES(long_names_are_written),
        WITH_FILES(a_sweep_takes_what_was_left_and_nothing_else),
        WITH_FILES(a_write_sweeps_its_folder),
        WITH_FILES(without_locks_what_is_a_day_old_is_swept),
        WITH_FILES(a_file_that_a_sweep_has_is_left_to_it),
        WITH_FILES(a_folder_is_writable_whatever_stands_in_it),
        WITH_FILES(a_program_gets_the_file_by_descriptor),
    };
    return cmocka_run_group_tests_name("temporary", tests, NULL, NULL);
}
