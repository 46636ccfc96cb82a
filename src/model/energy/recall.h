/*
 * Recall by energy descent: states change until no flip of a neuron would lower the energy E(x) =
 * -sum_mu F(b zeta_mu . x) (arXiv 2407.08742, equations 1 to 4 and 13; docs/models/energy.md).
 */
#ifndef DAM__MODEL_ENERGY_RECALL_H
#define DAM__MODEL_ENERGY_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compute/gemm.h"
#include "model/energy/interaction.h"
#include "store/array.h"

typedef enum dam__dynamics {
    DAM__DYNAMICS_ASYNCHRONOUS, /* one neuron at a time, in a random order each sweep */
    DAM__DYNAMICS_SYNCHRONOUS,  /* all neurons decide from the same state, then flip together */
    DAM__DYNAMICS_CLASS         /* the free neurons start at -1 and decide once, together */
} dam__dynamics;

/* How a recall ended. */
typedef enum dam__recall_end {
    DAM__RECALL_MOVING,    /* it still changed in the last sweep that was allowed */
    DAM__RECALL_CONVERGED, /* a whole sweep changed nothing */
    DAM__RECALL_CYCLING    /* synchronous: it cycles between two states */
} dam__recall_end;

enum { DAM__MOST_SWEEPS = 100000 };

typedef struct dam__recall_config {
    dam__interaction interaction;
    double scale;  /* b of F(b S); poly and rect, which any b leaves alike, do not read it */
    int dynamics;  /* dam__dynamics */
    int sweeps;    /* at most; class takes one */
    uint64_t seed; /* of the orders of the neurons: those of a sweep are the same for all probes */
    dam__gemm_provider gemm;
    int chunk; /* probes on the device at once at most; 0 = what fits */
} dam__recall_config;

/* The memories and probes of a recall; all on the host, row-major. */
typedef struct dam__recall_task {
    const dam__array *memories; /* K x N, finite */
    const float *probes;        /* count x N; free neurons are +-1, the others any finite number */
    size_t count;
    const uint8_t *fixed; /* N marks of neurons that stay as given; NULL = all may move */
} dam__recall_task;

/*
 * Energies are in units of F(b N), what one memory gives a state that agrees with it in every
 * neuron: -1 for a stored pattern that no other memory resembles. So they are finite at every
 * exponent. Energy s of a probe is that before sweep s, or the last; NaN beyond its end.
 */
typedef struct dam__recalled {
    size_t count, dim, sweeps; /* sweeps: the most of any probe */
    float *states;             /* count x dim */
    double *energies;          /* count x (sweeps + 1) */
    int32_t *flips;            /* count x sweeps */
    int32_t *taken;            /* sweeps of each probe, the one that changed nothing included */
    int32_t *ends;             /* dam__recall_end of each */
    int32_t *nearest;          /* index of the memory nearest to the state */
    double *distances;         /* ... and how far, ||x - zeta||: 2 sqrt(wrong neurons) of +-1 */
    size_t rising;  /* probes whose energy rose in an asynchronous sweep by more than rounding: 0,
                       unless something is wrong */
    bool signs;     /* whether memories and probes were all +-1, which is faster */
    double seconds; /* in sweeps */
} dam__recalled;

typedef struct dam__recall_callbacks {
    void *user;
    bool (*stop)(void *user); /* whether to stop now; or NULL */
    /* Probes done, of how many, and the sweep that the next ones are at; or NULL. */
    void (*progress)(void *user, size_t done, size_t total, int sweep);
} dam__recall_callbacks;

/*
 * Recalls; free *out with dam__recalled_free. Probes are taken in chunks that fit the device.
 * DAM_INPUT: no or odd memories, a free neuron that is not +-1, nothing free; DAM_NO_MEMORY: not
 * even one probe fits; DAM_INTERRUPTED: stopped.
 */
dam_status dam__recall(dam__device *device, const dam__recall_config *config,
                       const dam__recall_task *task, const dam__recall_callbacks *callbacks,
                       dam__recalled *out);
void dam__recalled_free(dam__recalled *recalled);

/*
 * E of a state in units of F(b N) from its similarities with the memories, in double on the host.
 */
double dam__recall_energy(const dam__recall_config *config, const double *similarities,
                          size_t memories, size_t dim);

#endif
