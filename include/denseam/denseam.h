/* The whole public library of denseam. */
#ifndef DENSEAM_DENSEAM_H
#define DENSEAM_DENSEAM_H

#include "denseam/device.h"
#include "denseam/log.h"
#include "denseam/run.h"
#include "denseam/status.h"

#endif
