/*
 * A folder of pictures: those of each folder in it are a class, or all are its own. Everything
 * stands in the order of the names' bytes, whatever the file system and the locale.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/picture_read.h"
#include "store/reader.h"

enum { LARGEST_FILE = 1 << 30 };

typedef struct listing {
    dam__names files;   /* paths of pictures */
    dam__names classes; /* folders that have some */
    int32_t *labels;    /* of each file; NULL: no folder has any */
    size_t room;
    dam__picture_facts *facts;
} listing;

/* What a folder has: names of pictures and of folders, sorted. */
typedef struct entries {
    dam__names pictures, folders;
} entries;

static void entries_free(entries *e)
{
    dam__names_free(&e->pictures);
    dam__names_free(&e->folders);
}

static bool is_picture(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static dam_status pass_over(dam__picture_facts *facts, const char *path)
{
    if (facts->skipped++ == 0)
        return dam__format(&facts->skipped_at, "%s", path);
    return DAM_OK;
}

/* Of folders further down links are not followed: they may lead round in a circle. */
static dam_status take_entry(const char *folder, const char *name, bool follows,
                             dam__picture_facts *facts, entries *raw)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    struct stat info;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, name));
    bool there = stat(path, &info) == 0;
    struct stat itself;
    bool linked = lstat(path, &itself) == 0 && S_ISLNK(itself.st_mode);
    if (there && S_ISDIR(info.st_mode) && (follows || !linked))
        status = dam__names_add(&raw->folders, name, strlen(name));
    else if (there && S_ISREG(info.st_mode) && is_picture(name))
        status = dam__names_add(&raw->pictures, name, strlen(name));
    else
        status = pass_over(facts, path);
cleanup:
    free(path);
    return status;
}

static dam_status sort(const dam__names *raw, dam__names *out)
{
    int32_t *places = NULL;
    DAM_TRY(dam__names_sort(raw, out, &places));
    free(places);
    return DAM_OK;
}

/* Hidden entries are passed over, as editors and browsers leave some. */
static dam_status list_entries(const char *folder, bool follows, dam__picture_facts *facts,
                               entries *out)
{
    dam_status status = DAM_OK;
    entries raw = {0};
    DIR *at = opendir(folder);
    if (at == NULL)
        return dam__fail(DAM_INPUT, "cannot read the folder '%s': %s; check its permissions",
                         folder, strerror(errno));
    for (struct dirent *entry = readdir(at); entry != NULL; entry = readdir(at))
        if (entry->d_name[0] != '.')
            DAM_TRY_CLEANUP(take_entry(folder, entry->d_name, follows, facts, &raw));
    DAM_TRY_CLEANUP(sort(&raw.pictures, &out->pictures));
    DAM_TRY_CLEANUP(sort(&raw.folders, &out->folders));
cleanup:
    entries_free(&raw);
    (void)closedir(at);
    return status;
}

static dam_status add_files(const char *folder, const dam__names *names, listing *list)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    for (size_t i = 0; i < names->count; i++) {
        free(path);
        path = NULL;
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, names->items[i]));
        DAM_TRY_CLEANUP(dam__names_add(&list->files, path, strlen(path)));
    }
cleanup:
    free(path);
    return status;
}

/* Folders in a folder, the last first: the next is taken from the end. */
static dam_status push(const char *folder, const dam__names *names, dam__names *stack)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    for (size_t i = names->count; i-- > 0;) {
        free(path);
        path = NULL;
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, names->items[i]));
        DAM_TRY_CLEANUP(dam__names_add(stack, path, strlen(path)));
    }
cleanup:
    free(path);
    return status;
}

/* All pictures of a folder and of those in it: first its own, then theirs. */
static dam_status list_below(const char *folder, listing *list)
{
    dam_status status = DAM_OK;
    dam__names stack = {0};
    entries found = {0};
    char *next = NULL;
    DAM_TRY_CLEANUP(dam__names_add(&stack, folder, strlen(folder)));
    while (stack.count > 0) {
        free(next);
        next = stack.items[--stack.count];
        entries_free(&found);
        DAM_TRY_CLEANUP(list_entries(next, false, list->facts, &found));
        DAM_TRY_CLEANUP(add_files(next, &found.pictures, list));
        DAM_TRY_CLEANUP(push(next, &found.folders, &stack));
    }
cleanup:
    free(next);
    entries_free(&found);
    dam__names_free(&stack);
    return status;
}

static dam_status label(listing *list, size_t from, const char *name)
{
    size_t count = list->files.count;
    if (count > list->room) {
        DAM_TRY(dam__grow(&list->labels, 2 * count, sizeof *list->labels));
        list->room = 2 * count;
    }
    for (size_t i = from; i < count; i++)
        list->labels[i] = (int32_t)list->classes.count;
    return dam__names_add(&list->classes, name, strlen(name));
}

static dam_status list_classes(const char *folder, const dam__names *folders, listing *list)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    for (size_t i = 0; i < folders->count; i++) {
        size_t before = list->files.count;
        free(path);
        path = NULL;
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, folders->items[i]));
        DAM_TRY_CLEANUP(list_below(path, list));
        if (list->files.count > before)
            DAM_TRY_CLEANUP(label(list, before, folders->items[i]));
        else
            DAM_TRY_CLEANUP(pass_over(list->facts, path));
    }
cleanup:
    free(path);
    return status;
}

static void listing_free(listing *list)
{
    dam__names_free(&list->files);
    dam__names_free(&list->classes);
    free(list->labels);
}

/* A folder of train and test has parts of a data set, not classes. */
static dam_status refuse_parts(const char *folder, const dam__names *classes)
{
    static const char *const parts[] = {"train", "training", "test",       "testing",
                                        "val",   "valid",    "validation", "dev"};
    size_t found = 0;
    for (size_t i = 0; i < classes->count; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            found += strcasecmp(classes->items[i], parts[k]) == 0;
    if (classes->count == 0 || found < classes->count)
        return DAM_OK;
    return dam__fail(DAM_INPUT,
                     "the folders of '%s' are parts of a data set, not classes; name one, such as "
                     "'%s/%s'",
                     folder, folder, classes->items[classes->count - 1]);
}

static dam_status list_all(const char *folder, listing *list)
{
    dam_status status = DAM_OK;
    entries found = {0};
    char *path = NULL;
    DAM_TRY_CLEANUP(list_entries(folder, true, list->facts, &found));
    DAM_TRY_CLEANUP(list_classes(folder, &found.folders, list));
    DAM_TRY_CLEANUP(refuse_parts(folder, &list->classes));
    if (list->classes.count == 0)
        DAM_TRY_CLEANUP(add_files(folder, &found.pictures, list));
    for (size_t i = 0; list->classes.count > 0 && i < found.pictures.count; i++) {
        free(path);
        path = NULL;
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, found.pictures.items[i]));
        DAM_TRY_CLEANUP(pass_over(list->facts, path));
    }
    if (list->files.count == 0)
        DAM_FAIL(DAM_INPUT,
                 "cannot read '%s': it is a folder without PNG or JPEG pictures%s%s%s; name a file "
                 "in it, or a folder with a folder of pictures a class",
                 folder, list->facts->skipped > 0 ? " (but with '" : "",
                 list->facts->skipped > 0 ? list->facts->skipped_at : "",
                 list->facts->skipped > 0 ? "')" : "");
cleanup:
    free(path);
    entries_free(&found);
    return status;
}

bool dam__picture_folder_is(const char *folder)
{
    dam__reading reading = {0};
    listing list = {.facts = &reading.pictures};
    bool is = dam__folder_exists(folder) && list_all(folder, &list) == DAM_OK;
    listing_free(&list);
    dam__reading_free(&reading);
    return is;
}

dam_status dam__picture_folder_read(const char *folder, dam__reading *reading, dam__array *out)
{
    dam_status status = DAM_OK;
    listing list = {.facts = &reading->pictures};
    char *bytes = NULL;
    size_t length = 0;
    dam__gathering g = {.reading = reading, .out = out};
    DAM_TRY_CLEANUP(list_all(folder, &list));
    reading->there = g.count = list.files.count;
    if (reading->rows > 0 && reading->rows < g.count)
        g.count = reading->rows;
    for (size_t i = 0; i < g.count; i++) {
        free(bytes);
        bytes = NULL;
        DAM_TRY_CLEANUP(dam__file_read(list.files.items[i], LARGEST_FILE, &bytes, &length));
        DAM_TRY_CLEANUP(dam__gathering_add(&g, list.files.items[i], bytes, length));
    }
    reading->labels = list.labels;
    list.labels = NULL;
    reading->classes = list.classes;
    list.classes = (dam__names){0};
cleanup:
    dam__gathering_end(&g, status);
    free(bytes);
    listing_free(&list);
    return status;
}
