# What the scripts here share; sourced, not run. Leaves the shell in the project's root.
set -eu -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

say() { printf '\n== %s\n' "$*"; }
has() { command -v "$1" > /dev/null 2>&1; }

# What the device's compiler keeps goes below the build folder, so that a run neither needs nor touches a home.
keep_caches_in() {
  export POCL_CACHE_DIR="$root/$1/cache/pocl" CLUP_CACHE_DIR="$root/$1/cache/clup"
  mkdir -p "$POCL_CACHE_DIR" "$CLUP_CACHE_DIR"
}

# FOLDER OPTIONS...: configures and builds there; quiet when all goes well. A folder that was made for another place
# (the project was moved) is made anew.
build_in() {
  local folder=$1 log="$1/build.log"
  shift
  if [ -e "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    rm -rf "$folder"
  fi
  mkdir -p "$folder" "${POCL_CACHE_DIR:-$folder}" "${CLUP_CACHE_DIR:-$folder}"
  local generator=()
  if [ ! -e "$folder/CMakeCache.txt" ] && has ninja; then generator=(-G Ninja); fi
  if ! { cmake -S . -B "$folder" ${generator[@]+"${generator[@]}"} "$@" &&
         cmake --build "$folder" -j "$(nproc)"; } > "$log" 2>&1; then
    cat "$log" >&2
    echo "the build in $folder failed" >&2
    return 1
  fi
}
