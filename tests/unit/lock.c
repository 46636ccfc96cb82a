/* src/base/lock.c: one process a folder, where the system's locks hold and where they do not. */
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lock.h"
#include "base/lock_seen.h"
#include "files.h"

/* What the system makes of flock() and link(): an error, or 0; -1: a lock for one process alone. */
static int flock_error, link_error;
static bool on_a_network;

int flock(int file, int operation)
{
    if (flock_error < 0)
        return 0;
    errno = flock_error;
    return flock_error > 0 ? -1 : (int)syscall(SYS_flock, file, operation);
}

int linkat(int from, const char *path, int to, const char *name, int flags)
{
    errno = link_error;
    return link_error != 0 ? -1 : (int)syscall(SYS_linkat, from, path, to, name, flags);
}

int fstatfs(int file, struct statfs *info)
{
    int failed = (int)syscall(SYS_fstatfs, file, info);
    if (on_a_network)
        info->f_type = 0x6969; /* NFS */
    return failed;
}

static int set_up(void **state)
{
    flock_error = link_error = 0;
    on_a_network = false;
    return files_open(state);
}

static char told[2048];

static void tell(void *user, dam_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)snprintf(told, sizeof told, "%s", line);
}

static dam__lock taken(const char *folder)
{
    const dam_log log = {.write = tell};
    dam__lock lock;
    told[0] = '\0';
    if (dam__lock_folder(folder, &log, &lock) != DAM_OK)
        fail_msg("%s", dam_error());
    return lock;
}

static void assert_refused_lock(const char *folder, dam_status status, const char *words)
{
    dam__lock lock;
    assert_int_equal(dam__lock_folder(folder, NULL, &lock), status);
    assert_int_equal(lock.folder, -1);
    if (strstr(dam_error(), words) == NULL)
        fail_msg("no '%s' in: %s", words, dam_error());
}

static void assert_empty(const char *folder)
{
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0777), 0);
}

/* The ways in which a system may lack a lock. */
enum { FAILS, FAILS_WITHOUT_LINKS, FOR_ONE_MACHINE, WAYS };

static void choose(int way)
{
    static const int errors[WAYS] = {
        [FAILS] = ENOLCK, [FAILS_WITHOUT_LINKS] = ENOSYS, [FOR_ONE_MACHINE] = -1};
    flock_error = errors[way];
    link_error = way == FAILS_WITHOUT_LINKS ? EPERM : 0;
    on_a_network = way == FOR_ONE_MACHINE;
}

static void the_system_locks_a_disk(void **state)
{
    files *in = *state;
    assert_false(dam__lock_is_seen(in->folder));
    dam__lock lock = taken(in->folder);
    assert_true(dam__lock_is_seen(in->folder));
    assert_null(lock.file);
    assert_string_equal(told, "");
    assert_refused_lock(in->folder, DAM_USAGE, "another denseam is training into");
    assert_int_equal(dam__lock_check(&lock), DAM_OK);
    dam__unlock(&lock);
    dam__unlock(&lock);
    assert_false(dam__lock_is_seen(in->folder));
    assert_false(dam__lock_is_seen("/absent"));
    assert_empty(in->folder);
}

static void a_file_locks_where_the_system_does_not(void **state)
{
    files *in = *state;
    for (int way = 0; way < WAYS; way++) {
        choose(way);
        dam__lock lock = taken(in->folder);
        assert_non_null(lock.file);
        assert_true(dam__lock_is_seen(in->folder));
        assert_non_null(strstr(told, "is locked by the file denseam.lock in it: "));
        assert_refused_lock(in->folder, DAM_USAGE, "is training into");
        char number[32];
        (void)snprintf(number, sizeof number, "(process %ld on ", (long)getpid());
        assert_non_null(strstr(dam_error(), number));
        assert_int_equal(dam__lock_check(&lock), DAM_OK);
        /* Who could have the system's lock looks for the file, too. */
        flock_error = link_error = 0;
        on_a_network = false;
        assert_refused_lock(in->folder, DAM_USAGE, number);
        choose(way);
        dam__unlock(&lock);
        assert_empty(in->folder);
        lock = taken(in->folder);
        dam__unlock(&lock);
        assert_empty(in->folder);
    }
}

static void a_folder_that_cannot_be_locked_is_told(void **state)
{
    files *in = *state;
    flock_error = ENOLCK;
    assert_refused_lock("/proc", DAM_INPUT, "cannot write '/proc/denseam.lock'");
    link_error = EPERM;
    assert_int_equal(symlink("elsewhere", path_of(in, DAM__LOCK_FILE)), 0);
    assert_refused_lock(in->folder, DAM_INPUT, DAM__LOCK_FILE);
}

/* A process that takes the lock and is killed. */
static void leave_a_lock(const char *folder)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        dam__lock lock;
        if (dam__lock_folder(folder, NULL, &lock) == DAM_OK)
            (void)raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct stat info;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/" DAM__LOCK_FILE, folder);
    assert_int_equal(lstat(path, &info), 0);
}

static void the_lock_of_a_dead_process_is_taken_over(void **state)
{
    files *in = *state;
    for (int way = 0; way < WAYS; way++) {
        choose(way);
        leave_a_lock(in->folder);
        assert_false(dam__lock_is_seen(in->folder));
        dam__lock lock = taken(in->folder);
        assert_int_equal(dam__lock_check(&lock), DAM_OK);
        dam__unlock(&lock);
        assert_empty(in->folder);
        leave_a_lock(in->folder);
        choose(FAILS);
        flock_error = 0; /* back on a disk */
        lock = taken(in->folder);
        assert_null(lock.file);
        dam__unlock(&lock);
        assert_empty(in->folder);
    }
}

/* One who died while it removed a dead one's lock is followed by the next, and swept away. */
static void who_died_at_taking_over_is_followed(void **state)
{
    files *in = *state;
    char line[512], name[64], *number;
    size_t length = 0;
    choose(FAILS);
    leave_a_lock(in->folder);
    FILE *file = fopen(path_of(in, DAM__LOCK_FILE), "r");
    assert_non_null(file);
    length = fread(line, 1, sizeof line - 1, file);
    (void)fclose(file);
    line[length] = '\0';
    number = strrchr(line, ' ') + 1;
    (void)snprintf(name, sizeof name, DAM__LOCK_FILE ".%.16s-1", number);
    (void)plain_file(in, name, line, length);
    dam__lock lock = taken(in->folder);
    dam__unlock(&lock);
    assert_empty(in->folder);
}

static void write_foreign_lock(files *in, time_t age)
{
    static const char line[] =
        "denseam-lock node7 4711 12345 another-boot/pid:[1] 0123456789abcdef\n";
    const char *path = plain_file(in, DAM__LOCK_FILE, line, sizeof line - 1);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void the_lock_of_another_machine_holds_while_it_is_touched(void **state)
{
    files *in = *state;
    choose(FAILS);
    write_foreign_lock(in, 90);
    assert_refused_lock(in->folder, DAM_USAGE,
                        "(process 4711 on 'node7'); wait for it or choose another folder; if it "
                        "is dead, its lock ends two minutes after it");
    write_foreign_lock(in, 150);
    dam__lock lock = taken(in->folder);
    dam__unlock(&lock);
    assert_empty(in->folder);
}

static void what_is_no_lock_is_in_the_way_for_two_minutes(void **state)
{
    files *in = *state;
    choose(FAILS);
    (void)plain_file(in, DAM__LOCK_FILE, "denseam-lock", 12);
    assert_refused_lock(in->folder, DAM_USAGE, "is in the way of a lock");
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of(in, DAM__LOCK_FILE), old, 0), 0);
    dam__lock lock = taken(in->folder);
    dam__unlock(&lock);
    assert_empty(in->folder);
}

static void who_lost_its_lock_writes_no_more(void **state)
{
    files *in = *state;
    choose(FAILS);
    dam__lock lock = taken(in->folder);
    write_foreign_lock(in, 0); /* as if it had slept, and node7 had taken it over */
    assert_int_equal(dam__lock_check(&lock), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "is no longer this process's"));
    dam__unlock(&lock);
    assert_int_equal(access(path_of(in, DAM__LOCK_FILE), F_OK), 0); /* it is another's */
}

/* --- races --------------------------------------------------------------------------------------- */

enum { RACERS = 8 };

/* A racer: waits for the start, and tells whether it won; a winner holds until all have tried. */
static _Noreturn void race(const char *folder, int start, int result, int end)
{
    dam__lock lock;
    char byte = 0;
    (void)!read(start, &byte, 1);
    dam_status status = dam__lock_folder(folder, NULL, &lock);
    char word = status == DAM_OK ? 'w' : status == DAM_USAGE ? 'r' : '?';
    if (word == '?')
        (void)fprintf(stderr, "%s\n", dam_error());
    (void)!write(result, &word, 1);
    (void)!read(end, &byte, 1);
    if (word == 'w' && dam__lock_check(&lock) != DAM_OK)
        _exit(1);
    dam__unlock(&lock);
    _exit(word == '?');
}

/* Of eight at once, how many win; the folder is then empty again. */
static int winners_of_race(const char *folder)
{
    int start[2] = {-1, -1}, result[2] = {-1, -1}, end[2] = {-1, -1}, winners = 0;
    pid_t racers[RACERS];
    if (pipe(start) != 0 || pipe(result) != 0 || pipe(end) != 0)
        fail();
    for (int i = 0; i < RACERS; i++) {
        racers[i] = fork();
        if (racers[i] == 0) {
            (void)close(start[1]);
            (void)close(end[1]);
            race(folder, start[0], result[1], end[0]);
        }
    }
    (void)close(start[1]);
    for (int i = 0; i < RACERS; i++) {
        char word = 0;
        assert_int_equal(read(result[0], &word, 1), 1);
        winners += word == 'w';
    }
    (void)close(end[1]);
    for (int i = 0; i < RACERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
        assert_int_equal(status, 0);
    }
    const int left[] = {start[0], result[0], result[1], end[0]};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        (void)close(left[i]);
    assert_empty(folder);
    return winners;
}

/* Some races of each kind at landing; DENSEAM_TEST_RACES asks for more. */
static void of_eight_at_once_one_wins(void **state)
{
    files *in = *state;
    const char *wanted = getenv("DENSEAM_TEST_RACES");
    long races = wanted != NULL ? strtol(wanted, NULL, 10) : 12, without = 0;
    for (long i = 0; i < races; i++) {
        choose((int)(i % WAYS));
        if (i / WAYS % 2 == 0)
            leave_a_lock(in->folder);
        int winners = winners_of_race(in->folder);
        if (winners > 1)
            fail_msg("race %ld: %d winners", i, winners);
        without += winners == 0;
    }
    print_message("%ld races of %d, %ld without a winner\n", races, RACERS, without);
    assert_int_equal(without, 0);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, files_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(the_system_locks_a_disk),
        WITH_FILES(a_file_locks_where_the_system_does_not),
        WITH_FILES(a_folder_that_cannot_be_locked_is_told),
        WITH_FILES(the_lock_of_a_dead_process_is_taken_over),
        WITH_FILES(who_died_at_taking_over_is_followed),
        WITH_FILES(the_lock_of_another_machine_holds_while_it_is_touched),
        WITH_FILES(what_is_no_lock_is_in_the_way_for_two_minutes),
        WITH_FILES(who_lost_its_lock_writes_no_more),
        WITH_FILES(of_eight_at_once_one_wins),
    };
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
