/* What `denseam analyse` says, as text and as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/analysis.h"
#include "base/memory.h"
#include "command/output.h"

static const double percent = 100;

/* A class column's name: its number, or "none" for the softening class. */
static const char *column_name(char text[24], long column, long classes)
{
    if (column < 0 || column >= classes)
        return "none";
    (void)snprintf(text, 24, "%ld", column);
    return text;
}

/* --- text ----------------------------------------------------------------------------------------- */

static void append_range(dam__text *text, const char *name, const dam__range_of *range)
{
    if (!isfinite(range->median))
        return;
    dam__text_append(text, "%-24s %12.4g %12.4g %12.4g\n", name, range->least, range->median,
                     range->most);
}

static void append_memories(dam__text *text, const analysis *a)
{
    const dam__memory_census *census = &a->census;
    dam__text_append(text, "%zu memories, on %zu training samples of %s\n", a->table.count,
                     a->trained, a->train.name);
    dam__text_append(text, "%-24s %12s %12s %12s\n", "", "least", "median", "most");
    append_range(text, "mass", &census->mass);
    append_range(text, "purity", &census->purity);
    append_range(text, "roughness", &census->roughness);
    append_range(text, "splitting eigenvalue", &census->lambda);
    append_range(text, "kappa", &census->kappa);
    dam__text_append(text, "%-24s %5zu   mass below 0.05 / %zu\n", "dead", census->dead,
                     a->table.count);
    if (a->table.images)
        dam__text_append(text, "%-24s %5zu   roughness above 2 (noise has about 4)\n", "noise",
                         census->noise);
    dam__text_append(text, "%-24s %5zu   purity below 0.5\n", "mixed", census->mixed);
    dam__text_append(text, "%-24s %5zu   none below %g was found: would not split\n", "stable",
                     census->stable, a->run.experiment.grow.threshold);
}

static void append_embedding(dam__text *text, const analysis *a)
{
    const dam__embedding *e = &a->embedded;
    const struct {
        const char *name;
        const double *values;
    } rows[] = {{"loss + log of all counts", e->loss},
                {"gradient of memories", e->memories},
                {"gradient of weights", e->weights}};
    dam__text_append(text, "embedding: %d memories doubled, on %zu samples, %s precision\n",
                     a->run.memories, a->trained, a->double_precision ? "double" : "single");
    dam__text_append(text, "%-24s %16s %16s %16s\n", "", "narrow", "doubled", "ratio");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        dam__text_append(text, "%-24s %16.9g %16.9g %16.9f\n", rows[i].name, rows[i].values[0],
                         rows[i].values[1], rows[i].values[1] / rows[i].values[0]);
    dam__text_append(text, "%-24s %.1f %% of the eigenvalues; the largest is %.4g\n", "negative",
                     percent * a->negative, a->largest);
    dam__text_append(text, "%-24s %16s %16s %16s\n", "pairs moved apart by", "measured change",
                     "predicted", "ratio");
    for (size_t i = 0; i < e->steps; i++)
        dam__text_append(text, "%-24g %16.6g %16.6g %16.4f\n", a->steps[i], e->measured[i],
                         e->predicted[i], e->measured[i] / e->predicted[i]);
}

static void append_saddle(dam__text *text, const analysis *a)
{
    const dam__saddle *s = &a->solved;
    const struct {
        const char *name;
        const double *values;
    } rows[] = {{"loss", s->loss},
                {"memories: |T(w) - w|", s->memories},
                {"weights: gradient", s->weights},
                {"beta", s->beta}};
    dam__text_append(text, "saddle-point equations, on %zu samples, %s precision\n", a->trained,
                     a->double_precision ? "double" : "single");
    dam__text_append(text, "%-24s %16s %16s\n", "", "run", "fixed point");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        dam__text_append(text, "%-24s %16.9g %16.9g\n", rows[i].name, rows[i].values[0],
                         rows[i].values[1]);
    if (a->teacher[0].count > 0)
        dam__text_append(text, "%-24s %9zu of %3zu %9zu of %3zu\n", "teacher's memories found",
                         a->teacher[0].found, a->teacher[0].count, a->teacher[1].found,
                         a->teacher[1].count);
    dam__text_append(text, "%-24s %d%s\n", "iterations", s->iterations,
                     s->converged ? "" : ", and it still moves: raise --saddle");
    dam__text_append(text, "%-24s least %.6f, median %.6f\n", "overlap with the run's",
                     a->overlap_least, a->overlap_median);
    dam__text_append(text, "%-24s %.6g, of two copies; %.1f %% of the memories above 1\n",
                     "Jacobian's largest", a->jacobian, percent * a->above);
}

static void append_activations(dam__text *text, const analysis *a)
{
    enum { SHOWN = 4 };
    const dam__activations *found = &a->activated;
    size_t most = found->memories < SHOWN ? found->memories : SHOWN, top[SHOWN];
    long classes = a->run.classes;
    char name[24], says[24];
    if (a->chosen_count == 0) {
        dam__text_append(text, "no test sample of %s is predicted wrongly\n", a->test.name);
        return;
    }
    dam__text_append(text, "test samples of %s, and the memories that answer to them\n",
                     a->test.name);
    dam__text_append(text, "%8s %5s %9s   %s\n", "sample", "class", "predicted", "memory:share");
    for (size_t i = 0; i < found->samples; i++) {
        size_t predicted = dam__activations_predicted(found, i);
        const int32_t *labels = a->picked.labels;
        dam__text_append(text, "%8zu %5s %9s  ", a->chosen[i],
                         labels != NULL ? column_name(name, labels[i], classes) : "?",
                         column_name(says, (long)predicted, classes));
        dam__activations_top(found, i, most, top);
        for (size_t k = 0; k < most; k++)
            dam__text_append(text, " %zu:%.1f%%", top[k],
                             percent * found->posterior[i * (found->memories + 1) + top[k]]);
        dam__text_append(text, "\n");
    }
}

static void append_size(dam__text *text, double size)
{
    if (isfinite(size))
        dam__text_append(text, " %9.4f", size);
    else
        dam__text_append(text, " %9s", "never");
}

static void append_adversary(dam__text *text, const analysis *a)
{
    static const char *const names[] = {"memories", "linear classifier"};
    const dam__perturbation_comparison *c = &a->comparison;
    dam__text_append(text,
                     "smallest changes that change a prediction: %zu test samples of %s,\n"
                     "%zu of them right by both; sizes for samples of norm 1\n",
                     a->margins->samples, a->test.name, c->compared);
    dam__text_append(text, "%-24s %9s %9s %9s %9s %9s\n", "", "accuracy", "1/4", "median", "3/4",
                     "unchanged");
    for (int i = 0; i < 2; i++) {
        const dam__perturbation_summary *s = &c->classifiers[i];
        dam__text_append(text, "%-24s %9.4f", names[i], s->accuracy);
        if (c->compared > 0) {
            append_size(text, s->quarter);
            append_size(text, s->median);
            append_size(text, s->three_quarters);
            dam__text_append(text, " %9zu", s->unchanged);
        }
        dam__text_append(text, "\n");
    }
    if (c->compared > 0)
        dam__text_append(text,
                         "the memories need the larger change for %.1f %%; median ratio "
                         "%.3g\n",
                         percent * c->larger, c->ratio);
}

dam_status print_analysis(const analysis *a)
{
    dam__text text = {0};
    const struct {
        bool wanted;
        void (*append)(dam__text *, const analysis *);
    } parts[] = {{a->memories, append_memories},
                 {a->embedding, append_embedding},
                 {a->saddle, append_saddle},
                 {a->activations, append_activations},
                 {a->adversarial, append_adversary}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].wanted)
            continue;
        if (text.length > 0)
            dam__text_append(&text, "\n");
        parts[i].append(&text, a);
    }
    for (int i = 0; a->files[i] != NULL; i++)
        dam__text_append(&text, "%s%s\n", i == 0 ? "\n" : "", a->files[i]);
    return print_text(&text);
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static json_t *pair_json(const double values[2])
{
    return json_pack("{so so}", "narrow", json_number(values[0]), "doubled",
                     json_number(values[1]));
}

static json_t *range_json(const dam__range_of *range)
{
    return json_pack("{so so so}", "least", json_number(range->least), "median",
                     json_number(range->median), "most", json_number(range->most));
}

static json_t *memories_json(const analysis *a)
{
    const dam__memory_census *census = &a->census;
    return json_pack("{sI so sI sI so sI sI sf so so so so so}", "count",
                     (json_int_t)a->table.count, "data", json_text(a->train.name), "samples",
                     (json_int_t)a->trained, "dead", (json_int_t)census->dead, "noise",
                     a->table.images ? json_integer((json_int_t)census->noise) : json_null(),
                     "mixed", (json_int_t)census->mixed, "stable", (json_int_t)census->stable,
                     "threshold", a->run.experiment.grow.threshold, "mass",
                     range_json(&census->mass), "purity", range_json(&census->purity), "roughness",
                     range_json(&census->roughness), "lambda", range_json(&census->lambda), "kappa",
                     range_json(&census->kappa));
}

static json_t *embedding_json(const analysis *a)
{
    const dam__embedding *e = &a->embedded;
    json_t *steps = json_array();
    for (size_t i = 0; i < e->steps; i++)
        (void)json_array_append_new(steps, json_pack("{sf so so}", "step", a->steps[i], "measured",
                                                     json_number(e->measured[i]), "predicted",
                                                     json_number(e->predicted[i])));
    return json_pack("{so so so sf so so}", "loss", pair_json(e->loss), "memory_gradient",
                     pair_json(e->memories), "weight_gradient", pair_json(e->weights),
                     "negative_share", a->negative, "largest_lambda", json_number(a->largest),
                     "steps", steps);
}

static json_t *sides_json(double run, double fixed)
{
    return json_pack("{so so}", "run", json_number(run), "fixed", json_number(fixed));
}

static json_t *saddle_json(const analysis *a)
{
    const dam__saddle *s = &a->solved;
    const dam__teacher_match *teacher = a->teacher;
    return json_pack(
        "{si sb so so so so so so so so so}", "iterations", s->iterations, "converged",
        s->converged, "loss", sides_json(s->loss[0], s->loss[1]), "memory_residual",
        sides_json(s->memories[0], s->memories[1]), "weight_residual",
        sides_json(s->weights[0], s->weights[1]), "beta", sides_json(s->beta[0], s->beta[1]),
        "least_overlap", json_number(a->overlap_least), "median_overlap",
        json_number(a->overlap_median), "jacobian", json_number(a->jacobian), "jacobian_above_1",
        json_number(a->above), "teacher_found",
        teacher->count > 0 ? sides_json((double)teacher[0].found, (double)teacher[1].found)
                           : json_null());
}

/* The class weights of a memory as shares, class by class, the softening class last. */
static json_t *weights_json(const dam__array *weights, size_t mu)
{
    json_t *shares = json_array();
    size_t columns = weights->shape[0], width = weights->shape[1];
    double sum = 0;
    for (size_t y = 0; y < columns; y++)
        sum += dam__array_at(weights, y * width + mu);
    for (size_t y = 0; y < columns; y++)
        (void)json_array_append_new(shares,
                                    json_number(dam__array_at(weights, y * width + mu) / sum));
    return shares;
}

static json_t *answers_json(const analysis *a, size_t i, size_t *top, size_t most)
{
    const dam__activations *found = &a->activated;
    const dam__array *weights = dam__container_array(&a->run.container, "parameters/class_weights");
    json_t *memories = json_array();
    dam__activations_top(found, i, most, top);
    for (size_t k = 0; k < most; k++)
        (void)json_array_append_new(
            memories, json_pack("{sI so so}", "memory", (json_int_t)top[k], "share",
                                json_number(found->posterior[i * (found->memories + 1) + top[k]]),
                                "weights", weights_json(weights, top[k])));
    return memories;
}

static dam_status activations_json(const analysis *a, json_t **out)
{
    dam_status status = DAM_OK;
    const dam__activations *found = &a->activated;
    const int32_t *labels = a->picked.labels;
    size_t asked = a->own->top > 0 ? (size_t)a->own->top : DEFAULT_TOP, *top = NULL;
    size_t most = found->memories < asked ? found->memories : asked;
    DAM_TRY_CLEANUP(dam__alloc(most, sizeof *top, &top));
    *out = json_array();
    for (size_t i = 0; i < found->samples; i++) {
        size_t predicted = dam__activations_predicted(found, i);
        (void)json_array_append_new(
            *out, json_pack("{sI so sI so so so}", "sample", (json_int_t)a->chosen[i], "class",
                            labels != NULL ? json_integer(labels[i]) : json_null(), "predicted",
                            (json_int_t)predicted, "probability",
                            json_number(found->probabilities[i * found->columns + predicted]),
                            "background",
                            json_number(found->posterior[(i + 1) * (found->memories + 1) - 1]),
                            "memories", answers_json(a, i, top, most)));
    }
cleanup:
    free(top);
    return status;
}

static json_t *perturbation_json(const dam__perturbation_summary *s)
{
    return json_pack("{so so so so sI}", "accuracy", json_number(s->accuracy), "quarter",
                     json_number(s->quarter), "median", json_number(s->median), "three_quarters",
                     json_number(s->three_quarters), "unchanged", (json_int_t)s->unchanged);
}

static json_t *adversary_json(const analysis *a)
{
    const dam__perturbation_comparison *c = &a->comparison;
    return json_pack(
        "{sI sI so so so so so}", "samples", (json_int_t)a->margins->samples, "compared",
        (json_int_t)c->compared, "memories", perturbation_json(&c->classifiers[0]), "linear",
        perturbation_json(&c->classifiers[1]), "linear_loss", json_number(a->linear.loss), "larger",
        json_number(c->larger), "ratio", json_number(c->ratio));
}

dam_status print_analysis_json(const analysis *a)
{
    json_t *files = NULL, *activations = NULL;
    if (a->activations)
        DAM_TRY(activations_json(a, &activations));
    files = json_array();
    for (int i = 0; a->files[i] != NULL; i++)
        (void)json_array_append_new(files, json_text(a->files[i]));
    return print_json(json_pack("{so ss so so so so so so}", "run", json_text(a->run.folder),
                                "precision", a->double_precision ? "double" : "single", "memories",
                                a->memories ? memories_json(a) : json_null(), "embedding",
                                a->embedding ? embedding_json(a) : json_null(), "saddle",
                                a->saddle ? saddle_json(a) : json_null(), "activations",
                                activations != NULL ? activations : json_null(), "adversarial",
                                a->adversarial ? adversary_json(a) : json_null(), "files", files));
}
