#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "operator.h"

static void print_row(const cli *c, json *j, const clup_algo_info *info) {
  if (c->options.json.given) {
    json_open(j, NULL, '{');
    json_string(j, "name", info->name);
    json_bool(j, "applies", info->applicable);
    json_bool(j, "chosen", info->chosen);
    json_int(j, "workspace_bytes", (int64_t)info->workspace_bytes);
    json_int(j, "launches", info->launches);
    json_string(j, "reason", info->reason);
    json_close(j, '}');
  } else if (info->applicable) {
    const char *because = info->reason[0] == '\0' ? "" : info->chosen ? "; " : "; passed over: ";
    fprintf(c->out, "%s %-20s applies, %d launch(es), workspace %zu bytes%s%s\n", info->chosen ? "*" : " ", info->name,
            info->launches, info->workspace_bytes, because, info->reason);
  } else {
    fprintf(c->out, "  %-20s no: %s\n", info->name, info->reason);
  }
}

static int list(cli *c, clup_host *host, const clup_problem *problem) {
  size_t count = clup_problem_num_algos(problem);
  int known = !c->options.algo.given;
  int rc = CLI_OK;
  char *text = operator_text(c, problem);
  clup_algo_info *infos = calloc(count + 1, sizeof *infos);
  if (text == NULL || infos == NULL) rc = cli_no_memory(&c->error, "algos", (count + 1) * sizeof *infos);
  for (size_t i = 0; rc == CLI_OK && i < count; i++) {
    rc = cli_status(&c->error, "algos", clup_problem_algo(clup_host_context(host), problem, i, &infos[i]));
    if (rc == CLI_OK && c->options.algo.given) {
      infos[i].chosen = strcmp(infos[i].name, c->options.algo.text) == 0 && infos[i].applicable;
      known |= strcmp(infos[i].name, c->options.algo.text) == 0;
    }
  }
  if (rc == CLI_OK && !known) {
    rc = cli_fail(&c->error, CLI_USAGE, "algos --algo", "%s has no solver '%s'", c->op->name, c->options.algo.text);
  }
  if (rc == CLI_OK) {
    char device[256];
    json j = {c->out, 0};
    cli_device_text(cli_device(host), CL_DEVICE_NAME, device, sizeof device);
    if (c->options.json.given) {
      json_open(&j, NULL, '{');
      json_string(&j, "op", clup_op_name(clup_problem_op(problem)));
      json_string(&j, "problem", text);
      json_string(&j, "device", device);
      json_open(&j, "algos", '[');
    } else {
      fprintf(c->out, "%s\non %s (* is chosen: by clup tune, or the first that applies and is not passed over)\n", text,
              device);
    }
    for (size_t i = 0; i < count; i++) print_row(c, &j, &infos[i]);
    if (c->options.json.given) {
      json_close(&j, ']');
      json_close(&j, '}');
      putc('\n', c->out);
    }
  }
  free(infos);
  free(text);
  return rc;
}

static int run(cli *c) {
  operator_case one;
  clup_host *host;
  int rc = operator_prepare(c, c->num_words > 0 ? c->words[0] : NULL, &one);
  if (rc != CLI_OK) return rc;
  rc = cli_host(c, &host);
  if (rc == CLI_OK) rc = list(c, host, one.problem);
  operator_release(&one);
  return rc;
}

const cli_command command_algos = {
    .name = "algos",
    .arguments = "COMMAND [ITS OPTIONS] --shape N,C,... | IN [OUT]",
    .summary = "the solvers for a problem: which apply, which is chosen, why the others do not",
    .max_words = 2,
    .groups = {&shape_group},
    .names_operator = NAMES_OPERATOR,
    .run = run};
