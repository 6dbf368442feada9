# What scripts/demo, scripts/test and scripts/bench share: packages, the CUDA toolkit, configuring and building.
# Sourced by bash, after `set -euo pipefail`; defines functions and $root, changes into the clone.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit
build="$root/build"

say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
stop() { printf 'error: %s\n' "$*" >&2; exit 1; }

# packages_for SECTION...: the names listed there in packages.txt.
packages_for() {
    local section
    for section in "$@"; do
        awk -v want="[$section]" '/^#/ || NF == 0 { next } /^\[/ { inside = ($0 == want); next } inside' \
            "$root/scripts/dev/packages.txt"
    done | sort -u
}

# Prints those of the packages that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
    done
}

# need_packages SECTION...: installs what is missing; asks for root only then.
need_packages() {
    local wanted missing absent=() become_root=() package
    mapfile -t wanted < <(packages_for "$@")
    if ! command -v dpkg-query >/dev/null; then
        say "Packages: this is not Debian or Ubuntu, so nothing is installed"
        note "needed (by their Debian names): ${wanted[*]}"
        return 0
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ ${#missing[@]} -eq 0 ]; then
        say "Packages: all ${#wanted[@]} needed are installed"
        return 0
    fi
    say "Packages: installing ${#missing[@]} that are missing: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            stop "packages are missing and this is neither root nor is there sudo; as root run: apt-get install ${missing[*]}"
        become_root=(sudo)
        note "with sudo, which may ask for your password"
    fi
    "${become_root[@]}" apt-get update -qq || stop "apt-get update failed; is there a network?"
    for package in "${missing[@]}"; do
        [ -n "$(apt-cache show "$package" 2>/dev/null)" ] || absent+=("$package")
    done
    [ ${#absent[@]} -eq 0 ] ||
        stop "no such package in the sources of this machine: ${absent[*]} (Debian 12 or Ubuntu 22.04 and later have them; on Ubuntu enable universe)"
    "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >"${TMPDIR:-/tmp}/firstlight-apt.$$" 2>&1 ||
        { tail -n 20 "${TMPDIR:-/tmp}/firstlight-apt.$$" >&2; stop "apt-get install failed"; }
    rm -f "${TMPDIR:-/tmp}/firstlight-apt.$$"
}

# As many compilers as there are cores and memory for (1.5 GiB each).
jobs_here() {
    local cores memory_kib fit
    cores=$(nproc)
    memory_kib=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo 2>/dev/null || echo 0)
    fit=$((memory_kib / 1572864))
    [ "$fit" -ge 1 ] || fit=1
    echo $((cores < fit ? cores : fit))
}

wheel_nvcc="$root/.cuda/nvidia/cu13/bin/nvcc"

# Fetches the compiler and the libraries that the CUDA library needs, as PyPI wheels, into .cuda/.
fetch_cuda_wheels() {
    if [ -x "$wheel_nvcc" ] && [ -e "$root/.cuda/.complete" ]; then
        note "nvcc was fetched before: .cuda/"
        return 0
    fi
    need_packages wheels
    say "CUDA: fetching nvcc, cudart, CCCL and cuFFT as PyPI wheels into .cuda/ (300 MB, once)"
    [ "$(uname -m)" = x86_64 ] || stop "the wheels are for x86-64; install the CUDA toolkit 12 or later instead"
    rm -rf "$root/.cuda"
    python3 -m venv "$root/.cuda/installer"
    "$root/.cuda/installer/bin/python" -m pip install --quiet --no-deps --only-binary :all: --target "$root/.cuda" \
        -r "$root/scripts/dev/cuda_requirements.txt" || { rm -rf "$root/.cuda"; stop "PyPI could not be reached or has no such wheels"; }
    rm -rf "$root/.cuda/installer"
    # Linkers look for the names without versions and in lib64, which wheels leave out.
    local toolkit=$root/.cuda/nvidia/cu13 library
    ln -sfn lib "$toolkit/lib64"
    for library in cudart cufft; do
        ln -sf "$(basename "$(ls "$toolkit"/lib/lib$library.so.*)")" "$toolkit/lib/lib$library.so"
    done
    chmod +x "$toolkit"/bin/* "$toolkit"/nvvm/bin/*
    touch "$root/.cuda/.complete"
}

# choose_cuda [wheels]: sets cuda_arguments for CMake, and says what was chosen.
choose_cuda() {
    local nvcc="" version architectures
    cuda_arguments=()
    # One that does not run (a wrapper whose toolkit was removed) counts as none.
    if nvcc --version >/dev/null 2>&1; then nvcc=$(command -v nvcc)
    elif "${CUDA_HOME:-}/bin/nvcc" --version >/dev/null 2>&1; then nvcc=$CUDA_HOME/bin/nvcc
    elif [ "${1:-}" = wheels ]; then fetch_cuda_wheels; nvcc=$wheel_nvcc
    elif [ -x "$wheel_nvcc" ] && [ -e "$root/.cuda/.complete" ]; then nvcc=$wheel_nvcc
    fi
    if [ -z "$nvcc" ]; then
        say "CUDA: no nvcc found, so only the CPU is used (./scripts/demo --cuda fetches a compiler)"
        cuda_arguments=(-DFIRSTLIGHT_CUDA=OFF)
        return 0
    fi
    version=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -lt 12 ]; then
        say "CUDA: $nvcc is release ${version:-unknown}, which cannot compile C++20 (12 or later is needed), so only the CPU is used"
        cuda_arguments=(-DFIRSTLIGHT_CUDA=OFF)
        return 0
    fi
    say "CUDA: the CUDA library is built with $nvcc (release $version)"
    cuda_arguments=(-DFIRSTLIGHT_CUDA=ON "-DCMAKE_CUDA_COMPILER=$nvcc")
    architectures=${CUDAARCHS:-}
    if [ -z "$architectures" ] && command -v nvidia-smi >/dev/null; then
        architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | grep -E '^[0-9]+\.[0-9]+$' |
            tr -d . | sort -un | paste -sd';' || true)
    fi
    [ -z "$architectures" ] || cuda_arguments+=("-DCMAKE_CUDA_ARCHITECTURES=$architectures")
}

# configure ARGUMENT...: CMake into $build; skipped when nothing changed since the last time (Ninja reruns CMake itself
# when a CMakeLists.txt did).
configure() {
    local arguments="$root $*"
    if [ -e "$build/build.ninja" ] && [ "$(cat "$build/.configured_with" 2>/dev/null)" = "$arguments" ]; then
        say "Configure: ${build#"$root"/} is up to date"
        return 0
    fi
    say "Configure: ${build#"$root"/}"
    # A cache made elsewhere (a moved clone) or with another CUDA compiler cannot be reused.
    if [ -e "$build/CMakeCache.txt" ] && [ "$(cat "$build/.configured_for" 2>/dev/null)" != "$(configured_for "$@")" ]; then
        note "made for another place or CUDA compiler: starting afresh"
        rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
    fi
    mkdir -p "$build"
    cmake -S "$root" -B "$build" -G Ninja "$@" >"$build/configure.log" 2>&1 ||
        { tail -n 30 "$build/configure.log" >&2; stop "CMake failed; all it said is in $build/configure.log"; }
    grep -E '^-- firstlight' "$build/configure.log" | sed 's/^-- /   /' || true
    configured_for "$@" >"$build/.configured_for"
    printf '%s\n' "$arguments" >"$build/.configured_with"
}

configured_for() {
    local argument compiler=none
    for argument in "$@"; do
        case $argument in -DCMAKE_CUDA_COMPILER=*) compiler=${argument#*=} ;; esac
    done
    printf '%s|%s\n' "$root" "$compiler" | sha256sum | cut -d' ' -f1
}

# compile TARGET...: builds them with all cores.
compile() {
    local started=$SECONDS quiet=()
    [ -t 1 ] || quiet=(-- --quiet)  # a progress line on a terminal only
    say "Build: $* (first time: minutes; $(jobs_here) at once)"
    cmake --build "$build" --parallel "$(jobs_here)" --target "$@" "${quiet[@]}" ||
        stop "the build failed; see above"
    note "took $((SECONDS - started)) s"
}
