#include <signal.h>

#include "cli.h"

int main(int argc, char **argv) {
  /* A reader that goes away is a write error with a message, not a silent death. */
  signal(SIGPIPE, SIG_IGN);
  return clup_main(argc, argv);
}
