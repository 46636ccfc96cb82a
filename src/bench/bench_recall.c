#include "bench/bench_recall.h"

#include <math.h>
#include <string.h>

#include "base/notice.h"
#include "model/model_type.h"
#include "recall/recall_run.h"

enum { ROUNDS = 3, FIRST_PROBES = 64 };

static const double USUAL_SECONDS = 2;

bool dam__is_recall(const dam__experiment *experiment)
{
    const dam__recall_keys *keys = &experiment->recall;
    bool flips = keys->flips[0] != '\0' && strcmp(keys->flips, "0") != 0;
    return dam__model_type_of(&experiment->model)->recall != NULL &&
           (flips || keys->noise > 0 || keys->mask[0] != '\0' || keys->probes[0] != '\0');
}

/* What a run of so many probes gave. */
typedef struct measured {
    double sweeps; /* of all probes together */
    double seconds, rate, recovered;
    size_t memories, dim, rising;
    bool compared;
} measured;

static dam_status recall_once(dam__device *device, const dam__recall_benchmark *b,
                              dam__recall_source *source, const dam__recall_cell *cell, int probes,
                              measured *out)
{
    const dam__recall_callbacks callbacks = {.stop = b->stop, .user = b->user};
    dam__recall_result result = {0};
    source->experiment.recall.count = probes;
    dam_status status = dam__recall_cell_run(source, device, b->gemm, cell, &callbacks, &result);
    if (status == DAM_OK) {
        const dam__recalled *got = &result.recalled;
        double seconds = got->seconds > 0 ? got->seconds : 1e-9;
        *out = (measured){.sweeps = result.sweeps * (double)got->count,
                          .seconds = seconds,
                          .recovered = (double)result.recovered / (double)got->count,
                          .memories = result.memories,
                          .dim = got->dim,
                          .rising = got->rising,
                          .compared = result.compared};
        out->rate = out->sweeps / out->seconds;
    }
    dam__recall_result_free(&result);
    return status;
}

/* So many that a run takes long enough, but no more than the preset has. */
static dam_status choose_probes(dam__device *device, const dam__recall_benchmark *b,
                                dam__recall_source *source, const dam__recall_cell *cell,
                                int *probes)
{
    measured got;
    double wanted = b->seconds > 0 ? b->seconds : USUAL_SECONDS;
    double most = source->experiment.recall.count > 0 ? source->experiment.recall.count
                                                      : (double)source->count;
    *probes = most < FIRST_PROBES ? (int)most : FIRST_PROBES;
    for (;;) {
        DAM_TRY(recall_once(device, b, source, cell, *probes, &got));
        if (got.seconds > wanted / 4 || *probes >= most)
            break;
        *probes = (int)fmin(most, 4.0 * *probes);
    }
    *probes = (int)fmin(most, fmax(1, *probes * wanted / got.seconds));
    return DAM_OK;
}

static dam_status add_rows(const measured *runs, dam__bench_rows *rows)
{
    double rates[ROUNDS], visited[ROUNDS], recovered = 0;
    double visits = (double)runs[0].memories * (double)runs[0].dim;
    for (int i = 0; i < ROUNDS; i++) {
        rates[i] = runs[i].rate;
        visited[i] = 1e-9 * visits * runs[i].rate;
        recovered += 100 * runs[i].recovered / ROUNDS;
    }
    DAM_TRY(dam__bench_rows_measured(rows, "recall_rate", rates, ROUNDS, "sweeps/s", NULL));
    DAM_TRY(dam__bench_rows_measured(rows, "recall_visits", visited, ROUNDS, "G/s", NULL));
    if (runs[0].compared)
        DAM_TRY(dam__bench_rows_add(rows, "recall_recovered", recovered, "%", NAN, NULL));
    return DAM_OK;
}

static dam_status measure(dam__device *device, const dam__recall_benchmark *b,
                          dam__recall_source *source, const dam__recall_cell *cell,
                          dam__bench_rows *rows)
{
    measured runs[ROUNDS];
    int probes = 0;
    DAM_TRY(choose_probes(device, b, source, cell, &probes));
    rows->agreement = DAM__AGREEMENT_RIGHT;
    for (int i = 0; i < ROUNDS; i++) {
        DAM_TRY(recall_once(device, b, source, cell, probes, &runs[i]));
        if (runs[i].rising > 0)
            rows->agreement = DAM__AGREEMENT_WRONG;
    }
    DAM_TRY(add_rows(runs, rows));
    if (rows->agreement == DAM__AGREEMENT_WRONG)
        dam__warn(dam__device_log(device),
                  "'%s': the energy of a probe rose in a sweep, which it cannot; trust no number "
                  "before 'denseam selftest' passes",
                  b->preset);
    return DAM_OK;
}

dam_status dam__benchmark_recall(dam__device *device, const dam__recall_benchmark *b,
                                 dam__bench_rows *rows)
{
    dam_status status = DAM_OK;
    dam__recall_source source = {0};
    dam__recall_cells cells = {0};
    const dam__benchmark ceilings = {.preset = b->preset, .stop = b->stop, .user = b->user};
    DAM_TRY_CLEANUP(dam__recall_source_open(b->preset, b->overrides, b->override_count, &source));
    DAM_TRY_CLEANUP(dam__recall_cells_create(b->preset, &source.experiment, &cells));
    DAM_TRY_CLEANUP(dam__recall_source_load(&source, device));
    DAM_TRY_CLEANUP(dam__benchmark_ceilings(device, &ceilings, rows));
    DAM_TRY_CLEANUP(measure(device, b, &source, &cells.cells[0], rows));
cleanup:
    dam__recall_cells_free(&cells);
    dam__recall_source_free(&source);
    return status;
}
