/* Host arrays in, host arrays out: a 2x2 image twice as large, in ten lines. */
#include <clup/clup.h>
#include <stdio.h>

int main(void) {
  const float x[2][2] = {{0, 1}, {2, 3}};
  float y[4][4] = {{0}};
  clup_host *host = NULL;
  clup_problem *problem = NULL;
  clup_status status = clup_problem_parse("interpolate x=1x1x2x2 mode=bilinear scale_factor=2", &problem);
  if (!status) status = clup_host_create(NULL, NULL, &host);
  if (!status) status = clup_host_run(host, problem, NULL, &(clup_arrays){.input = x, .output = y}, NULL);
  if (status) fprintf(stderr, "%s\n", clup_last_error());
  for (int i = 0; i < 4; i++) printf("%5.2f %5.2f %5.2f %5.2f\n", y[i][0], y[i][1], y[i][2], y[i][3]);
  clup_problem_release(problem);
  clup_host_release(host);
  return status || y[1][2] != 1.25F;
}
