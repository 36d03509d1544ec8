#!/bin/sh
# Runs every kernel under oclgrind and requires that it found nothing: no access outside a buffer, no race, no use of a
# value that nobody wrote, no wrong OpenCL call.  usage: tests/oclgrind.sh BUILD_DIR
set -u
if [ $# -ne 1 ]; then
  echo "usage: $0 BUILD_DIR" >&2
  exit 2
fi
program=$1/tests/clup_oclgrind_cases
if ! command -v oclgrind >/dev/null 2>&1; then
  echo "oclgrind is not installed: the kernels were not run under it" >&2
  exit 77
fi
if [ ! -x "$program" ]; then
  echo "$program is not built" >&2
  exit 1
fi
log=$(mktemp) || exit 1
out=$(mktemp) || exit 1
trap 'rm -f "$log" "$out"' EXIT
# oclgrind exits with 0 whatever it finds: its log is the verdict.
# -cl-opt-disable: it does not know the instructions ("freeze") that LLVM's optimiser puts in.
grind() {
  CLUP_DEVICE='' oclgrind --build-options -cl-opt-disable --max-errors 100000 --data-races --check-api --log "$log" "$@" >>"$out" 2>&1
}
grind --uninitialized "$program"
code=$?
if [ $code -eq 0 ] && [ ! -s "$log" ]; then
  grind "$program" images=
  code=$?
fi
grep -v '^not ' "$out"
if [ -s "$log" ]; then
  echo "oclgrind found:" >&2
  head -n 60 "$log" >&2
  exit 1
fi
if [ $code -ne 0 ]; then
  echo "the program under oclgrind exited with $code" >&2
  exit 1
fi
# That the program met oclgrind's device, and not another one in silence.
if ! grep -q '^device Oclgrind' "$out"; then
  echo "it did not run on oclgrind's device" >&2
  exit 1
fi
echo "oclgrind: $(grep -c '^ran ' "$out") runs, nothing found"
