/* Candidates: lists of what was good somewhere, and random steps from the best. */
#include <string.h>

#include "compute/random.h"
#include "tune/tuner.h"

/* rows, vectors, depth, unroll, direct A, direct B, columns first */
static const int panel_list[][DAM__MOST_TUNABLES] = {
    {12, 2, 2048, 1, 1, 1, 0}, {12, 2, 2048, 1, 0, 1, 0}, {12, 2, 2048, 1, 1, 1, 1},
    {12, 2, 2048, 1, 0, 0, 1}, {12, 2, 2048, 1, 1, 0, 0}, {12, 2, 400, 1, 0, 0, 0},
    {8, 3, 2048, 1, 0, 0, 0},  {14, 2, 2048, 1, 0, 0, 0}, {12, 2, 2048, 2, 0, 0, 0},
    {6, 4, 2048, 1, 0, 0, 0},  {6, 2, 2048, 1, 0, 0, 0},  {8, 2, 2048, 1, 1, 1, 0},
    {8, 1, 2048, 1, 0, 0, 0},
};

/* GEMMK KREG KWG KWI MDIMA MDIMC MWG NDIMB NDIMC NWG SA SB STRM STRN VWM VWN: two that were good on
 * PoCL, then CLBlast's for NVIDIA, AMD and Intel GPUs of some years. */
static const int xgemm_list[][DAM__MOST_TUNABLES] = {
    {0, 1, 32, 2, 32, 8, 128, 16, 8, 128, 1, 1, 0, 1, 1, 8},
    {0, 1, 32, 2, 16, 8, 128, 32, 16, 64, 1, 1, 1, 0, 8, 2},
    {0, 1, 16, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 2, 2},
    {0, 1, 32, 2, 16, 16, 128, 16, 16, 128, 1, 1, 0, 0, 4, 4},
    {0, 1, 32, 2, 8, 8, 64, 8, 8, 64, 0, 0, 0, 0, 4, 4},
    {0, 1, 32, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 4, 4},
    {0, 1, 16, 2, 8, 8, 64, 8, 8, 64, 0, 0, 0, 0, 8, 8},
    {0, 1, 32, 8, 16, 16, 64, 8, 8, 64, 1, 1, 1, 1, 2, 4},
};

/* KWID MDIMAD MDIMCD NDIMBD NDIMCD PADA PADB VWMD VWND WGD */
static const int direct_list[][DAM__MOST_TUNABLES] = {
    {2, 8, 8, 8, 8, 1, 1, 1, 1, 8},      {2, 8, 8, 8, 8, 1, 1, 2, 2, 16},
    {2, 16, 16, 16, 16, 1, 1, 1, 1, 16}, {2, 16, 16, 16, 16, 1, 1, 2, 2, 32},
    {2, 8, 8, 8, 8, 1, 1, 4, 4, 32},     {8, 16, 16, 16, 16, 0, 0, 2, 4, 64},
};

static const int routine_list[][DAM__MOST_TUNABLES] = {{1}, {256}, {1024}};

static const struct {
    const int (*sets)[DAM__MOST_TUNABLES];
    int count;
} lists[DAM__SPACES] = {
    [DAM__SPACE_PANEL] = {panel_list, sizeof panel_list / sizeof *panel_list},
    [DAM__SPACE_XGEMM] = {xgemm_list, sizeof xgemm_list / sizeof *xgemm_list},
    [DAM__SPACE_XGEMM_DIRECT] = {direct_list, sizeof direct_list / sizeof *direct_list},
    [DAM__SPACE_XGEMM_ROUTINE] = {routine_list, sizeof routine_list / sizeof *routine_list},
};

bool dam__curated(dam__space_kind kind, int i, dam__set *out)
{
    if (i < 0 || i >= lists[kind].count)
        return false;
    *out = (dam__set){.given = true};
    memcpy(out->values, lists[kind].sets[i], sizeof out->values);
    return true;
}

dam__set dam__neighbour(dam__space_kind kind, const dam__set *from, uint32_t step)
{
    enum { MOST_TRIES = 1000 };
    const dam__space *space = &dam__spaces[kind];
    for (uint64_t try = 0; try < MOST_TRIES; try++) {
        uint32_t words[4];
        dam__random_words(step, DAM__STREAM_TEST, (uint32_t)kind, try, words);
        dam__set set = *from;
        for (uint32_t change = 0; change <= words[3] % 2; change++) {
            uint32_t key = (change == 0 ? words[0] : words[1]) % (uint32_t)space->count;
            const dam__tunable *tunable = &space->tunables[key];
            set.values[key] =
                tunable->values[(words[2] >> (16 * change)) % (uint32_t)tunable->count];
        }
        if (memcmp(set.values, from->values, sizeof set.values) != 0 &&
            dam__set_valid(kind, set.values))
            return set;
    }
    return *from;
}
