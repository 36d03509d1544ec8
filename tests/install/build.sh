# CMAKE SOURCE BINARY OPTIONS...: configures and builds a project.
set -eu
cmake=$1 source=$2 binary=$3
shift 3
"$cmake" -S "$source" -B "$binary" "$@"
"$cmake" --build "$binary"
