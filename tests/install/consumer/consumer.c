/* A C program of someone's: the installed header and library belong together, and compute. */
#include <clup/clup.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", CLUP_VERSION_MAJOR, CLUP_VERSION_MINOR, CLUP_VERSION_PATCH);
  if (strcmp(version, clup_version()) != 0) {
    fprintf(stderr, "header %s, library %s\n", version, clup_version());
    return 1;
  }
  const float x[2] = {1, 2};
  float y[8] = {0};
  clup_tensor input = clup_tensor_make(CLUP_F32, 4, (const int64_t[]){1, 1, 1, 2});
  clup_interpolate_params params = CLUP_INTERPOLATE_PARAMS_INIT;
  params.scale_factor[0] = params.scale_factor[1] = 2;
  clup_problem *problem = NULL;
  clup_host *host = NULL;
  clup_arrays arrays = {.input = x, .output = y};
  clup_status status = clup_interpolate_problem(&input, NULL, &params, &problem);
  if (!status) status = clup_host_create(NULL, NULL, &host);
  if (!status) status = clup_host_run(host, problem, NULL, &arrays, NULL);
  clup_problem_release(problem);
  clup_host_release(host);
  if (status) {
    fprintf(stderr, "%s: %s\n", clup_status_name(status), clup_last_error());
    return 1;
  }
  const float expected[8] = {1, 1, 2, 2, 1, 1, 2, 2};
  printf("C: clup %s, nearest 2x of 1 2: %g %g %g %g\n", version, (double)y[0], (double)y[1], (double)y[2],
         (double)y[3]);
  return memcmp(y, expected, sizeof y) != 0;
}
