#include "denseam/version.h"

const char *dam_version(void)
{
    return DENSEAM_VERSION;
}
