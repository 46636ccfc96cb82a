/*
 * Keeps the program's signal handlers in their place. LLVM, a part of several OpenCL drivers, puts
 * its own in front when it is loaded or first compiles: at a SIGINT those remove the files of the
 * compilation that runs, and a second one that comes at once ends the process.
 */
#ifndef DAM__BASE_HANDLERS_H
#define DAM__BASE_HANDLERS_H

/*
 * Round each call that loads a driver or may compile. The first of them to begin, in any thread,
 * notes the handlers of SIGINT, SIGTERM and SIGHUP; the last to end sets them again.
 */
void dam__handlers_begin(void);
void dam__handlers_end(void);

#endif
