# SCRIPT ARGUMENTS...: runs it with the Python at hand (or CLUP_PYTHON); 77 (skipped) when there is none.
set -eu
python=${CLUP_PYTHON:-python3}
command -v "$python" || { echo "skipped: no $python"; exit 77; }
exec "$python" "$@"
