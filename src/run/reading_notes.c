/* What happened to samples while they were read. */
#include "base/notice.h"
#include "run/data_notes.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void note_pictures(const dam_log *log, const dam__dataset *set)
{
    const dam__picture_facts *facts = &set->pictures;
    if (facts->skipped > 0)
        dam__warn(log,
                  "%zu file%s or folder%s of '%s' %s left out: no PNG or JPEG picture%s of a class "
                  "(the first is '%s')",
                  facts->skipped, plural(facts->skipped), plural(facts->skipped), set->name,
                  facts->skipped == 1 ? "is" : "are", plural(facts->skipped), facts->skipped_at);
    if (facts->resized > 0)
        dam__info(log, "%zu of the pictures of '%s' were resized to %zu x %zu pixels (data.resize)",
                  facts->resized, set->name, set->width, set->height);
    if (facts->greyed > 0)
        dam__info(log,
                  "%zu of the pictures of '%s' have colours and were read as grey (data.colour)",
                  facts->greyed, set->name);
    if (facts->blended > 0)
        dam__info(log, "%zu of the pictures of '%s' have transparent parts, which became white",
                  facts->blended, set->name);
}

void dam__note_reading(const dam_log *log, const dam__dataset *set)
{
    if (set->pictures.are)
        note_pictures(log, set);
    if (set->by_order)
        dam__warn(log,
                  "the labels of another file go with the pictures of '%s' in the order of the "
                  "pictures' names; a folder a class leaves no doubt",
                  set->name);
    if (set->is_upright)
        dam__info(
            log,
            "'%s' is called as EMNIST's files, whose images lie on their side: their rows and "
            "columns were swapped (data.transpose = \"no\" leaves them)",
            set->name);
    if (set->filled > 0)
        dam__info(log,
                  "%zu number%s missing in '%s' became %s feature's mean over the training samples "
                  "(data.missing)",
                  set->filled, plural(set->filled), set->name, set->filled == 1 ? "its" : "their");
}
