/* What is unusual about patterns that were recalled. */
#include "base/notice.h"
#include "recall/recall_run.h"
#include "run/data_notes.h"

static void note_twins(const dam_log *log, const dam__recall_source *source)
{
    const dam__alike *alike = &source->alike;
    const char *threshold = source->experiment.data.threshold;
    if (alike->twins > 0)
        dam__warn(
            log,
            "%zu of the %zu patterns are the same as another one, %zu are different; recalling "
            "one of them is not counted as recovered (data.threshold = \"%s\": \"mean\", "
            "\"median\" or a number may tell them apart)",
            alike->twins, alike->count, alike->distinct, threshold);
    else if (alike->one_sided > 0)
        dam__warn(log,
                  "%zu of the %zu patterns are +1 or -1 throughout (data.threshold = \"%s\"; it "
                  "takes \"mean\", \"median\" or a number)",
                  alike->one_sided, alike->count, threshold);
}

/* F(S) + F(-S) is 0 where F is odd: a pattern and its negative then leave no energy. */
static void note_opposed(const dam_log *log, const dam__recall_source *source,
                         const dam__recall_cells *cells)
{
    for (size_t i = 0; i < cells->count && source->alike.opposed > 0; i++) {
        const dam__interaction *interaction = &cells->cells[i].interaction;
        if (interaction->kind != DAM__INTERACTION_POLY || interaction->exponent % 2 == 0)
            continue;
        dam__warn(
            log,
            "%zu of the %zu patterns have their negative among them, and with the odd exponent "
            "%d the two cancel in the energy: set model.exponent to an even number, or "
            "model.interaction to \"rect\"",
            source->alike.opposed, source->alike.count, interaction->exponent);
        return;
    }
}

void dam__recall_note(const dam_log *log, const dam__recall_source *source,
                      const dam__recall_cells *cells)
{
    if (source->alike.count == 0)
        return;
    dam__note_reading(log, &source->set);
    dam__note_threshold(log, &source->set);
    note_twins(log, source);
    if (!source->is_run)
        note_opposed(log, source, cells);
}
