# SCRIPT ARGUMENTS...: runs it with the Python at hand; 77 (skipped) when there is none.
set -eu
command -v python3 || { echo "skipped: no python3"; exit 77; }
exec python3 "$@"
